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

    [Theory]
    [InlineData("explode")]
    [InlineData("inspect")]
    [InlineData("inspect", "here", "--colour", "red")]
    public async Task WrongUsageIsOneLineAndExitCode2(params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain("Try --help.");
        output.Should().BeEmpty();
    }
}
