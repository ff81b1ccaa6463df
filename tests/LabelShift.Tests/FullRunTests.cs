using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

public sealed partial class FullRunTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string output;
    readonly string[] arguments;

    public FullRunTests()
    {
        output = Path.Combine(folder.Path, "out");
        arguments = [.. TinyRun.Arguments(folder), "--out", output, "--shots", "1,all", "--seeds", "2", "--methods", "classifier,lora,learned"];
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task SettingsThatDifferAreListedBeforeAnythingIsTrained()
    {
        string[] given = [.. arguments, "--methods", "learned", "--shots", "1", "--steps", "3"];
        (await CommandLine.RunAsync(Once(given))).Code.Should().Be(0);
        string[] modules = Directory.GetDirectories(Path.Combine(output, "modules"));

        var (code, printed, errors) = await CommandLine.RunAsync(Once([.. given, "--rank", "4", "--steps", "5"]));

        code.Should().Be(1);
        printed.Should().BeEmpty();
        errors[0].Should().EndWith("learned-k001-seed0.json: this run was done with other settings.");
        errors[1..].Should().Equal("  training.steps: 3 there, 5 now", "  lora.rank: 2 there, 4 now",
            "  modules trained otherwise (other data, settings or base model): labels-000-001, labels-004-005, labels-006-007", "Choose another folder with --out, or remove the file to run it again.");
        Directory.GetDirectories(Path.Combine(output, "modules")).Should().Equal(modules);
    }

    [Fact]
    public async Task OwnDataThatChangedSinceIsSaidAsSuch()
    {
        string[] given = Once([.. arguments, "--methods", "classifier", "--shots", "1", "--steps", "3"]);
        (await CommandLine.RunAsync(given)).Code.Should().Be(0);
        File.Delete(Path.Combine(folder.Path, "pictures", "train", "class-2", "1.png"));

        var (code, _, errors) = await CommandLine.RunAsync(given);

        code.Should().Be(1);
        errors[1..].Should().Equal("  the data to learn from has changed since", "Choose another folder with --out, or remove the file to run it again.");
    }

    [Fact]
    public async Task AFolderOfClassesUnderANameOfItsOwnIsSplitByLabels()
    {
        Directory.Move(Path.Combine(folder.Path, "pictures", "train"), Path.Combine(folder.Path, "mine"));

        var (code, printed, errors) = await CommandLine.RunAsync(Once([.. arguments.Chunk(2).Where(pair => pair[0] != "--path").SelectMany(pair => pair), "--data", $"pets={Path.Combine(folder.Path, "mine")}", "--methods", "uniform", "--shots", "1", "--steps", "2"]));

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().Contain("pets: there is no test part; 8 of the 40 pictures, 20 % of each class drawn with seed 0, are tested on.");
        File.ReadAllText(Path.Combine(output, "report.html")).Should().Contain("<li>pets: there is no test part; 8 of the 40 pictures, 20 % of each class drawn with seed 0, are tested on.</li>");
        printed[0].Should().StartWith("Label shift: 3 modules, 2 new classes; top-1 accuracy on 2 test images");
    }

    // The last value of each option counts.
    static string[] Once(string[] given) => [.. given.Chunk(2).GroupBy(pair => pair[0]).SelectMany(group => group.Last())];

    [Fact]
    public async Task WritesResultsOnceAndResumes()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--steps", "3"]);

        code.Should().Be(0, string.Join('\n', errors));
        string[] summary = File.ReadAllLines(Path.Combine(output, "summary.csv"));
        summary[0].Should().Be("method,shots,mean,std,runs,trainable_parameters,ci95_low,ci95_high");
        summary[1..].Select(row => string.Join(',', Numbers().Replace(row, "#,#,").Split(',')[..6])).Should().Equal(
            "classifier,1,#,#,2,0", "classifier,all,#,#,2,0", "lora,1,#,#,2,384", "lora,all,#,#,2,384", "learned,1,#,#,2,18", "learned,all,#,#,2,18");
        foreach (string row in summary[1..]) double.Parse(row.Split(',')[2], CultureInfo.InvariantCulture).Should().BeInRange(0, 1);
        string[] table = File.ReadAllLines(Path.Combine(output, "runs.csv"));
        table.Should().HaveCount(1 + 12);
        table[0].Should().StartWith("method,k,seed,").And.Contain(",training.steps,");
        foreach (string field in table[1..].SelectMany(row => row.Split(',')[1..]).Where(field => field.Length > 0)) double.TryParse(field, CultureInfo.InvariantCulture, out _).Should().BeTrue(field);
        printed[0].Should().StartWith("Label shift: 3 modules, 2 new classes; top-1 accuracy on 10 test images");
        Directory.GetFiles(output).Select(Path.GetFileName).Should().BeEquivalentTo("command.txt", "summary.csv", "runs.csv", "accuracy.png", "accuracy.svg", "report.html");
        string command = "dotnet run -c Release --project samples/LabelShift -- " + string.Join(' ', [.. arguments, "--steps", "3"]) + "\n";
        File.ReadAllText(Path.Combine(output, "command.txt")).Should().Be(command);
        // The second of the four sets is learned from few images; the others are the modules.
        Directory.GetDirectories(Path.Combine(output, "modules")).Select(path => Path.GetFileName(path)[.."labels-000-001".Length])
            .Should().BeEquivalentTo("labels-000-001", "labels-004-005", "labels-006-007");
        string page = File.ReadAllText(Path.Combine(output, "report.html"));
        page.Should().Contain(command.TrimEnd());
        foreach (string row in summary[1..]) page.Should().Contain((100 * double.Parse(row.Split(',')[2], CultureInfo.InvariantCulture)).ToString("F2", CultureInfo.InvariantCulture));
        string runs = Path.Combine(output, "runs");
        string[] files = FolderState.Of(runs), modules = FolderState.Of(Path.Combine(output, "modules"));
        files.Should().HaveCount(12);

        (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--steps", "3", "--resume"]);

        code.Should().Be(0, string.Join('\n', errors));
        FolderState.Of(runs).Should().Equal(files);
        FolderState.Of(Path.Combine(output, "modules")).Should().Equal(modules);
        File.ReadAllLines(Path.Combine(output, "summary.csv")).Should().Equal(summary);
        File.ReadAllText(Path.Combine(output, "command.txt")).Should().Be(command, "--resume repeats nothing");

        // A changed setting must not mix with the old runs.
        (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--steps", "4", "--resume"]);
        code.Should().Be(1);
        errors.Should().Contain(line => line.EndsWith("classifier-k001-seed0.json: this run was done with other settings.", StringComparison.Ordinal)).And.Contain(line => line.Contains(" there, ", StringComparison.Ordinal));
        FolderState.Of(runs).Should().Equal(files);
    }

    [Fact]
    public async Task CtrlCStopsTheProgram()
    {
        Interrupt.SkipWhereItCannotArrive();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LabelShift.dll"), .. arguments, "--steps", "1000000"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            string modules = Path.Combine(output, "modules");
            var patience = Stopwatch.StartNew();
            while (!(Directory.Exists(modules) && Directory.GetDirectories(modules).Count(f => !f.EndsWith(".partial", StringComparison.Ordinal)) == 3) && !process.HasExited && patience.Elapsed < TimeSpan.FromSeconds(60)) await Task.Delay(50);
            await Task.Delay(500);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await Interrupt.SendAsync(process, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);

            string[] errors = (await process.StandardError.ReadToEndAsync()).TrimEnd().Split('\n');
            errors[^1].Should().Be("Stopped. What is finished is saved; the same command goes on from there.");
            process.ExitCode.Should().Be(130);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task TheControlsRunWhenAskedFor()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. TinyRun.Arguments(folder), "--out", output, "--shots", "2", "--seeds", "1", "--steps", "3", "--methods", "uniform,best-single,random-uniform,random-learned"]);

        code.Should().Be(0, string.Join('\n', errors));
        File.ReadAllLines(Path.Combine(output, "summary.csv"))[1..].Select(row => (row.Split(',')[0], row.Split(',')[5])).Should().Equal(("uniform", "0"), ("best-single", "0"), ("random-uniform", "0"), ("random-learned", "18"));
        File.ReadAllText(Path.Combine(output, "runs", "best-single-k002-seed0.json")).Should().Contain("\"chosen\"").And.Contain("labels-000-001");
    }

    [GeneratedRegex(@"\d\.\d{6},\d\.\d{6},")]
    private static partial Regex Numbers();
}
