namespace LoraComposition.Tool.Tests;

public sealed class UsageTests
{
    [Fact]
    public async Task HelpShowsTheCommandsWithExamples()
    {
        var (code, output, errors) = await CommandLine.RunAsync("--help");

        code.Should().Be(0);
        errors.Should().BeEmpty();
        output.Should().ContainAll("inspect", "check", "compose", "--json", "--verbose", "Examples:", "Exit codes:");
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("check")]
    [InlineData("compose")]
    [InlineData("adapt")]
    [InlineData("predict")]
    public async Task TheHelpOfACommandEndsWithItsExamples(string command)
    {
        var (code, output, errors) = await CommandLine.RunAsync(command, "--help");

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        output[output.IndexOf("Examples:", StringComparison.Ordinal)..].Should().Contain($"  lora-compose {command} ");
        (await CommandLine.RunAsync("--help")).Output.Split("Examples:").Should().HaveCount(2, "the list of the commands is short");
    }

    [Fact]
    public async Task OnlyWhatComputesAsksForLibtorch()
    {
        foreach (string command in (string[])["train", "inspect", "check", "compose", "fisher", "adapt", "predict", "evaluate", "export"])
            (await CommandLine.RunAsync(command, "--help")).Output.Should().ContainAll("--libtorch ", "--libtorch-any-version", "--verbose");

        (await CommandLine.RunAsync("report", "--help")).Output.Should().Contain("--verbose").And.NotContain("--libtorch");
        (await CommandLine.RunAsync("--help")).Output.Should().NotContain("--libtorch").And.Contain("lora-compose train --base");
    }

    [Theory]
    [InlineData("--libtorch is no option here", "report", "results", "--out", "page.html", "--libtorch", "here")]
    [InlineData("--libtorch is empty", "inspect", "here", "--libtorch", " ")]
    public async Task LibtorchIsAnOptionOfThoseCommands(string problem, params string[] arguments)
    {
        var (code, _, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().StartWith(problem);
    }

    [Theory]
    [InlineData("'explode' is not known.", "explode")]
    [InlineData("'--colour' is not known.", "inspect", "here", "--colour", "red")]
    [InlineData("--colour is no option here", "inspect", "--colour")]
    [InlineData("'--adaptor' is not known. Did you mean --adapter?", "check", "--base", "b", "--adaptor", "a")]
    [InlineData("'compsoe' is not known. Did you mean compose?", "compsoe")]
    [InlineData("--tpo is no option here. Did you mean --top?", "predict", "--model", "m", "--images", "a", "--tpo", "3")]
    [InlineData("-force is no option here", "check", "--base", "b", "--adapter", "a", "-force")]
    [InlineData("Required argument missing", "inspect")]
    [InlineData("Option '--adapter' is required.", "check", "--base", "b")]
    [InlineData("--rank x: expected a whole number.", "compose", "--base", "b", "--adapter", "a", "--as", "adapter", "--out", "o", "--rank", "x")]
    [InlineData("--energy all: expected a number.", "compose", "--base", "b", "--adapter", "a", "--as", "adapter", "--out", "o", "--energy", "all")]
    [InlineData("--format xml: expected csv or json or jsonl.", "predict", "--model", "m", "--images", "a", "--format", "xml")]
    public async Task WrongUsageIsOneLineAndExitCode2(string problem, params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().StartWith(problem).And.EndWith("Try --help.");
        output.Should().BeEmpty();
    }

    [Theory]
    [InlineData("inspect", "./--colour")]
    [InlineData("inspect", "--", "--colour")]
    public async Task AFileMayBeCalledLikeAnOption(params string[] arguments)
    {
        var (code, _, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("--colour: the file does not exist");
    }

    [Fact]
    public async Task NegativeWeightsAreNumbers()
    {
        var (code, _, errors) = await CommandLine.RunAsync("compose", "--base", "no-such-base", "--adapter", "a", "b", "--as", "adapter", "--out", "no-such-out", "--weights", "-0.5,1.5");

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().StartWith("no-such-base: ");
    }
}
