using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

public sealed class UsageTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string model;

    public UsageTests() => model = TinyModel.Save(Path.Combine(folder.Path, "model"));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--shots", "0")]
    [InlineData("--shots", "-1")]
    [InlineData("--shots", "1,1")]
    [InlineData("--shots", "1,,2")]
    [InlineData("--shots", "all,all")]
    [InlineData("--shots", "many")]
    [InlineData("--shots", "")]
    [InlineData("--methods", "foo")]
    [InlineData("--methods", "lora,LoRA")]
    [InlineData("--methods", "")]
    [InlineData("--seeds", "0")]
    [InlineData("--seeds", "few")]
    [InlineData("--rank", "0")]
    [InlineData("--rank", "-3")]
    [InlineData("--rank", "1.5")]
    [InlineData("--splits", "1")]
    [InlineData("--splits", "21")]
    [InlineData("--splits", "41")]
    [InlineData("--downstream", "9")]
    [InlineData("--downstream", "0")]
    [InlineData("--steps", "0")]
    [InlineData("--upstream-epochs", "0")]
    [InlineData("--validation", "0")]
    [InlineData("--device", "tpu")]
    [InlineData("--dtype", "int8")]
    [InlineData("--threads", "0")]
    [InlineData("--data", "imagenet")]
    [InlineData("--data", "7")]
    [InlineData("--data", "pets=no-such-folder")]
    [InlineData("--data", "pets=")]
    [InlineData("--data", "../pets=.")]
    [InlineData("--path", "somewhere")]
    [InlineData("--model", "no-such-folder")]
    [InlineData("--rank")]
    [InlineData("--study", "none")]
    [InlineData("--shard", "3/2")]
    [InlineData("--targets", "q,x")]
    [InlineData("--targets", "q,q")]
    [InlineData("--colour", "red")]
    public Task NamesTheWrongOption(string option, string? value = null) =>
        RefusesAsync(option, value is null ? [option] : [option, value]);

    [Fact]
    public Task ADataSetByItsNumberIsRefused() => RefusesAsync("--data", ["--data", "1", "--path", folder.Path]);

    [Theory]
    [InlineData("cifar100")]
    [InlineData("folder")]
    public async Task DataFromFilesNeedsAPath(string data)
    {
        await RefusesAsync("--path", ["--data", data]);
        await RefusesAsync("--path", ["--data", data, "--path", Path.Combine(folder.Path, "none")]);
    }

    [Fact]
    public Task AFolderIsNamedOnce() => RefusesAsync("--path", ["--data", $"pets={folder.Path}", "--path", folder.Path]);

    [Fact]
    public Task ResumeNeedsResults() => RefusesAsync("--resume", ["--resume", "--out", Path.Combine(folder.Path, "out")]);

    [Fact]
    public async Task HelpNamesEveryOption()
    {
        var (code, output, errors) = await CommandLine.RunAsync("--help");

        code.Should().Be(0);
        errors.Should().BeEmpty();
        string text = string.Join('\n', output);
        foreach (string option in (string[])["--study", "--data", "--path", "--model", "--shots", "--seeds", "--methods", "--rank", "--splits", "--downstream", "--steps", "--upstream-epochs", "--validation", "--device", "--dtype", "--threads", "--out", "--resume", "--plan", "--shard", "--grid", "--targets"])
            text.Should().Contain(option);
        // The last two are off by default, and named.
        text.Should().Contain("best-single, random-uniform, random-learned").And.Contain("Default: shift classifier,full,lora,uniform,learned,best-single;");
    }

    async Task RefusesAsync(string option, string[] arguments)
    {
        string output = Path.Combine(folder.Path, "out");
        string[] defaults = [.. arguments.Contains("--model") ? [] : new[] { "--model", model }, .. arguments.Contains("--out") ? [] : new[] { "--out", output }];

        var (code, printed, errors) = await CommandLine.RunAsync([.. defaults, .. arguments]);

        errors.Should().ContainSingle().Which.Should().Contain(option);
        code.Should().Be(2);
        printed.Should().BeEmpty();
        Directory.Exists(output).Should().BeFalse();
    }
}
