using System.Text.RegularExpressions;
using Analysis;
using CovariateShift;
using LabelShift;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool;
using TaskShift;

namespace Documentation.Tests.Commands;

/// <summary>The help texts of the tool and the experiments word one option in one way; what is special to a program follows in further sentences.</summary>
public partial class OptionWordingTests
{
    /// <summary>Options that are something else from program to program, and why.</summary>
    static readonly Dictionary<string, string> otherwise = new()
    {
        ["--data"] = "each program learns from other data",
        ["--path"] = "each experiment has other data",
        ["--out"] = "a folder or a file, of different things",
        ["--force"] = "a folder is written into, a file is replaced",
        ["--model"] = "a classifier to use, or a base to start from; a ViT or a T5",
        ["--method"] = "compose merges, adapt tries",
        ["--rank"] = "compose compresses to it, the others train it",
        ["--dtype"] = "compose writes in it, the others compute in it",
        ["--images"] = "predict answers for them, fisher measures with them",
        ["--validation"] = "a part of all pictures, or a number of each class",
        ["--shots"] = "adapt takes one number, an experiment several",
        ["--steps"] = "of each of the methods, or of each run",
        ["--resume"] = "of one training, or of the runs of an experiment",
        ["--study"] = "each experiment has its own",
        ["--methods"] = "each experiment has its own",
        ["--upstream"] = "each experiment splits other data",
        ["--downstream"] = "each experiment splits other data",
        ["--splits"] = "each experiment splits other data",
    };

    [Fact]
    public async Task One_option_has_one_description()
    {
        var found = new Dictionary<string, Dictionary<string, List<string>>>(StringComparer.Ordinal);
        foreach (var (program, run) in Programs)
        {
            var (code, output, _) = await ConsoleCapture.RunAsync(run);
            code.Should().Be(0, program);
            foreach (Match option in output.Select(line => OptionLine().Match(line)).Where(match => match.Success))
            {
                string first = option.Groups["text"].Value.Split(". ", 2)[0].Split(" [default: ", 2)[0].TrimEnd('.');
                var texts = found.TryGetValue(option.Groups["name"].Value, out var known) ? known : found[option.Groups["name"].Value] = [];
                (texts.TryGetValue(first, out var programs) ? programs : texts[first] = []).Add(program);
            }
        }

        found.Should().HaveCountGreaterThan(60).And.ContainKeys("--libtorch", "--base", "--seed");
        string[] several = [.. found.Where(option => option.Value.Count > 1 && !otherwise.ContainsKey(option.Key))
            .Select(option => $"{option.Key}: {string.Join("; ", option.Value.Select(text => $"{string.Join(", ", text.Value)}: {text.Key}"))}")];
        string.Join('\n', several).Should().BeEmpty();
        string.Join(' ', otherwise.Keys.Where(name => !found.TryGetValue(name, out var texts) || texts.Count < 2)).Should().BeEmpty("an exception that is none hides the next difference");
    }

    static IEnumerable<(string Program, Func<Task<int>> Run)> Programs =>
    [
        .. ((string[])["train", "inspect", "check", "compose", "fisher", "adapt", "predict", "evaluate", "export", "report"]).Select(command => (command, (Func<Task<int>>)(() => LoraComposeCommand.InvokeAsync([command, "--help"])))),
        ("LabelShift", () => LabelShiftCommand.InvokeAsync(["--help"])), ("TaskShift", () => TaskShiftCommand.InvokeAsync(["--help"])),
        ("CovariateShift", () => CovariateShiftCommand.InvokeAsync(["--help"])), ("Analysis", () => AnalysisCommand.InvokeAsync(["--help"])),
    ];

    [GeneratedRegex(@"^  (?:-\S, )*(?<name>--[a-z0-9-]+)(?: <[^>]*>)?(?: \(REQUIRED\))?\s+(?<text>\S.*)$")]
    private static partial Regex OptionLine();
}
