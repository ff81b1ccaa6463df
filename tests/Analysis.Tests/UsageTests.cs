using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

public sealed class UsageTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string model;

    public UsageTests() => model = TinyModel.Save(folder["model"]);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--study", "shift")]
    [InlineData("--ranks", "0")]
    [InlineData("--ranks", "4,4")]
    [InlineData("--ranks", "four")]
    [InlineData("--images", "1")]
    [InlineData("--splits", "1")]
    [InlineData("--splits", "12")]
    [InlineData("--methods", "full")]
    [InlineData("--methods", "foo")]
    [InlineData("--shots", "0")]
    [InlineData("--data", "imagenet")]
    [InlineData("--path", "somewhere")]
    [InlineData("--model", "no-such-folder")]
    [InlineData("--upstream", "pacs-photo=.")]
    [InlineData("--downstream", "pacs-photo=.")]
    public Task NamesTheWrongOption(string option, string value) => RefusesAsync(option, [option, value]);

    [Theory]
    [InlineData("image/net=.", "pacs-photo=.", "--upstream: 'image/net'")]
    [InlineData("mine=.,yours=.", "pacs-photo=.", "--upstream: yours and mine are the same")]
    [InlineData("cifar100=.,eurosat=.", "eurosat", "--downstream eurosat is one of")]
    [InlineData("cifar100", "pacs-photo=.", "NAME=DIR")]
    [InlineData("cifar100=", "pacs-photo=.", "NAME=DIR")]
    [InlineData("cifar100=.,cifar100=.", "pacs-photo=.", "--upstream: cifar100 is given twice")]
    [InlineData("cifar100=no-such-folder", "pacs-photo=.", "no such folder")]
    [InlineData("cifar100=.", "pacs-photo=no-such-folder", "--downstream")]
    [InlineData("cifar100=.,pacs-photo=.", "pacs-photo=.", "--downstream pacs-photo is one of")]
    public Task ATaskThatCannotBeIsRefused(string upstream, string downstream, string message) => RefusesAsync(message, ["--upstream", upstream, "--downstream", downstream]);

    [Theory]
    [InlineData("--data", "embedded")]
    [InlineData("--splits", "4")]
    public Task LabelSetsAndNamedTasksDoNotMix(string option, string value) => RefusesAsync($"{option} is given with --upstream", ["--upstream", "cifar100=.", "--downstream", "eurosat=.", option, value]);

    [Fact]
    public Task TooManySubsetsAreRefusedBeforeAnythingIsTrained() => RefusesAsync("11 modules have 2,047 subsets", ["--splits", "12"]);

    [Fact]
    public Task LayersNeedsLearnedWeights() => RefusesAsync("--methods", ["--study", "layers", "--methods", "uniform"]);

    [Fact]
    public Task ResumeNeedsResults() => RefusesAsync("--resume", ["--resume"]);

    [Fact]
    public async Task HelpNamesEveryOption()
    {
        var (code, output, errors) = await CommandLine.RunAsync("--help");

        code.Should().Be(0);
        errors.Should().BeEmpty();
        string text = string.Join('\n', output);
        foreach (string option in (string[])["--study", "--data", "--path", "--splits", "--upstream", "--downstream", "--ranks", "--images", "--model", "--shots", "--out", "--resume", "--grid"]) text.Should().Contain(option);
    }

    [Fact]
    public async Task DamagedDataIsNamed()
    {
        Directory.CreateDirectory(folder["empty"]);

        var (code, printed, errors) = await CommandLine.RunAsync("--model", model, "--out", folder["out"], "--upstream", $"eurosat={folder["empty"]}", "--downstream", $"cifar100={folder["empty"]}");

        code.Should().Be(1);
        printed.Should().BeEmpty();
        errors[^1].Should().Contain("cifar100").And.Contain("empty");
    }

    async Task RefusesAsync(string message, string[] arguments)
    {
        string[] defaults = [.. arguments.Contains("--model") ? [] : new[] { "--model", model }, "--out", folder["out"]];

        var (code, printed, errors) = await CommandLine.RunAsync([.. defaults, .. arguments]);

        errors.Should().ContainSingle().Which.Should().Contain(message);
        code.Should().Be(2);
        printed.Should().BeEmpty();
        Directory.Exists(folder["out"]).Should().BeFalse();
    }
}
