using Analysis;
using CovariateShift;
using Documentation.Tests.Pages;
using Documentation.Tests.Support;
using LabelShift;
using LoraComposition.CommandLine;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool;
using TaskShift;

namespace Documentation.Tests.Commands;

/// <summary>
/// Runs every command that a page shows, page by page in the folder they speak of. The tool runs whole. An experiment runs up to its plan: everything is read and listed, nothing is trained
/// (the programs' own tests and CI do that). A command that needs data gets empty folders and must miss its files and nothing else; one that needs a GPU is run on the CPU. Other commands must be among those that CI runs.
/// </summary>
public class CommandTests
{
    static readonly Dictionary<string, Func<string[], Task<int>>> tool = new() { ["src/LoraComposition.Tool"] = LoraComposeCommand.InvokeAsync };

    static readonly Dictionary<string, Func<string[], Task<int>>> experiments = new()
    {
        ["samples/LabelShift"] = LabelShiftCommand.InvokeAsync,
        ["samples/TaskShift"] = TaskShiftCommand.InvokeAsync,
        ["samples/CovariateShift"] = CovariateShiftCommand.InvokeAsync,
        ["samples/Analysis"] = AnalysisCommand.InvokeAsync,
    };

    const string ConsumerScript = "tests/PackageConsumer/run";

    /// <summary>What CI runs, and the scripts that it calls.</summary>
    static readonly string[] ciScripts = [".ci/run", ".ci/site", ".ci/pack"];

    public static TheoryData<string> PagesWithCommands => [.. Repository.Pages.Where(page => page.Blocks.Any(block => block.Language == "sh")).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(PagesWithCommands))]
    public async Task Every_command_runs(string page)
    {
        using var workplace = new Workplace();
        foreach (var command in MarkdownPage.Read(page).Blocks.Where(block => block.Language == "sh").SelectMany(ShellCommand.Of)) await CheckAsync(command);
    }

    [Theory]
    [InlineData("lora-compose inspect nothing-here")]
    [InlineData("dotnet run -c Release --project samples/LabelShift -- --shot 1")]
    [InlineData("dotnet run -c Release --project samples/LabelShift -- --data cifar100 --path nothing-here")]
    [InlineData("dotnet run -c Release --project samples/NoSample")]
    [InlineData("dotnet publish")]
    [InlineData("dotnet tool install another-tool --tool-path tools", "packages")]
    [InlineData("lora-compose inspect --everything nothing-here", "data")]
    [InlineData("dotnet run -c Release --project samples/LabelShift -- --methods luck --data cifar100 --path nothing-here", "data")]
    [InlineData("dotnet run -c Release --project samples/LabelShift -- --plan --out planned", "data")]
    [InlineData("dotnet run -c Release --project samples/NoSample", "time")]
    public async Task A_command_that_cannot_be_is_seen(string text, string? needs = null)
    {
        using var workplace = new Workplace();
        var check = () => CheckAsync(new ShellCommand("page.md:1", text, needs));
        await check.Should().ThrowAsync<Xunit.Sdk.XunitException>();
    }

    static Task CheckAsync(ShellCommand command)
    {
        string? project = command.Project;
        if (project is not null) Directory.Exists(Repository.At(project)).Should().BeTrue("{0}: {1} is a project", command.Place, project);
        Func<string[], Task<int>>? program = null;
        bool isExperiment = project is not null && experiments.TryGetValue(project, out program);
        if (!isExperiment && (project is null || !tool.TryGetValue(project, out program)))
        {
            if (command.Needs is null) ciScripts.Any(script => Runs(script, command.Text)).Should().BeTrue("{0}: CI must run '{1}', or the block must say what it needs", command.Place, command.Text);
            if (command.Needs == "packages") Runs(ConsumerScript, command.Start).Should().BeTrue("{0}: {1} must run '{2} …'", command.Place, ConsumerScript, command.Start);
            return Task.CompletedTask;
        }
        string[] arguments = OnTheCpu(command.Arguments);
        if (command.Needs == "data") return LacksItsDataAsync(command, program!, arguments);
        return RunsAsync(command, program!, isExperiment && !arguments.Contains("--help") ? [.. arguments.Where(argument => argument != "--plan"), .. arguments.Contains("--out") ? [] : Elsewhere, "--plan"] : arguments);
    }

    static string[] Elsewhere => ["--out", "planned"];

    static string[] OnTheCpu(string[] arguments) =>
        [.. arguments.Where((argument, i) => argument != "--libtorch" && (i == 0 || arguments[i - 1] != "--libtorch")).Select((argument, i) => argument.StartsWith("cuda", StringComparison.Ordinal) ? "cpu" : argument)];

    static async Task RunsAsync(ShellCommand command, Func<string[], Task<int>> program, string[] arguments)
    {
        var (code, output, errors) = await ConsoleCapture.RunAsync(() => program(arguments));

        code.Should().Be(ExitCodes.Done, "{0}: {1}: {2}", command.Place, command.Text, string.Join(" ", errors));
        output.Should().NotBeEmpty(command.Text);
    }

    // The folders are there but empty: every option is right, then the first file is missed.
    static async Task LacksItsDataAsync(ShellCommand command, Func<string[], Task<int>> program, string[] arguments)
    {
        for (int i = 1; i < arguments.Length; i++)
        {
            if (arguments[i - 1] is "--path" or "--model") Directory.CreateDirectory(arguments[i]);
            if (arguments[i].Contains('='))
                foreach (string named in arguments[i].Split(',')) Directory.CreateDirectory(named.Split('=')[1]);
        }

        var (code, _, errors) = await ConsoleCapture.RunAsync(() => program(arguments));

        code.Should().Be(ExitCodes.Refused, "{0}: {1}: the data is missing and nothing else: {2}", command.Place, command.Text, string.Join(" ", errors));
    }

    static bool Runs(string script, string command) => File.ReadLines(Repository.At(script))
        .Select(line => line.Trim().Replace(" --no-build", "").Replace(" --no-restore", "")).Any(line => line == command || line.StartsWith(command + " ", StringComparison.Ordinal));
}
