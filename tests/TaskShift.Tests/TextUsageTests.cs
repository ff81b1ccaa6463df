using LoraComposition.FewShot.Tests.Support;

namespace TaskShift.Tests;

public sealed class TextUsageTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--modality", "sound")]
    [InlineData("--data", "imagenet")]
    [InlineData("--data", "a=none.jsonl,b=none.csv")]
    [InlineData("--downstream", "a")]
    [InlineData("--upstream", "a")]
    [InlineData("--path", "somewhere")]
    [InlineData("--max-length", "0")]
    [InlineData("--methods", "classifier")]
    [InlineData("--shots", "0")]
    [InlineData("--targets", "head")]
    [InlineData("--model", "no-such-folder")]
    [InlineData("--colour", "red")]
    public Task NamesTheWrongOption(string option, string value) => RefusesAsync(option, [option, value]);

    [Fact]
    public async Task CrossFitNeedsAPath()
    {
        await RefusesAsync("--path", ["--data", "crossfit"]);
        await RefusesAsync("--path", ["--data", "crossfit", "--path", folder["none"]]);
    }

    [Fact]
    public async Task HelpNamesEveryOption()
    {
        var (code, output, errors) = await CommandLine.RunAsync("--help");

        (code, errors.Length).Should().Be((0, 0));
        string text = string.Join('\n', output);
        foreach (string option in (string[])["--modality", "--data", "--path", "--upstream", "--downstream", "--max-length", "--model", "--shots", "--seeds", "--methods", "--rank", "--targets", "--steps", "--upstream-epochs", "--validation", "--device", "--dtype", "--threads", "--out", "--resume", "--plan", "--shard", "--grid"])
            text.Should().Contain(option);
        text.Should().Contain("zero-shot").And.Contain("Examples");
    }

    async Task RefusesAsync(string option, string[] arguments)
    {
        var (code, printed, errors) = await CommandLine.RunAsync(["--out", folder["out"], .. arguments]);

        errors.Should().ContainSingle().Which.Should().Contain(option);
        code.Should().Be(2);
        printed.Should().BeEmpty();
        Directory.Exists(folder["out"]).Should().BeFalse();
    }
}
