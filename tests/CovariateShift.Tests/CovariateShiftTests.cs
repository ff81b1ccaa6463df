using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace CovariateShift.Tests;

public sealed class CovariateShiftTests : IDisposable
{
    static readonly string[] Classes = ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"];
    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    public CovariateShiftTests() => arguments =
        ["--model", TinyModel.Save(folder["model"]), "--out", folder["out"], "--shots", "1", "--seeds", "2", "--methods", "classifier,uniform,learned", "--rank", "2", "--steps", "2", "--upstream-epochs", "1", "--validation", "1", "--threads", "1"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheEmbeddedDomainsNeedNothing()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--downstream", "sketch"]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Covariate shift: points, painting, cartoon → sketch; top-1 accuracy on 400 test images of 10 classes");
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(3);
        File.ReadAllText(folder["out/report.html"]).Should().Contain("covariate-shift-sketch");
        File.ReadAllLines(folder["out/sketch/summary.csv"])[1..].Select(row => row.Split(',')[0]).Should().Equal("classifier", "uniform", "learned");
    }

    [Fact]
    public async Task PacsIsReadFromItsFolders()
    {
        foreach (string domain in (string[])["art_painting", "cartoon", "photo", "sketch"])
            foreach (string name in Classes)
                for (int i = 0; i < 5; i++) folder.AddPng("pacs", domain, name, $"{domain}-{i}.png");

        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--data", "pacs", "--path", folder["pacs"]]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Covariate shift: cartoon, photo, sketch → art_painting; top-1 accuracy on 7 test images of 7 classes");
        Directory.GetFiles(folder["out/art_painting/runs"]).Should().HaveCount(6);
    }

    [Fact]
    public async Task OwnDomainsAreRead()
    {
        foreach (string domain in (string[])["clip art", "photo", "sketch"])
            foreach (string name in (string[])["cat", "dog"])
                for (int i = 0; i < 5; i++) folder.AddPng("things", domain, name, $"{i}.png");
        for (int i = 0; i < 5; i++) folder.AddPng("things", "sketch", "hen", $"{i}.png");

        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--data", $"things={folder["things"]}", "--upstream", "photo"]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Covariate shift: photo → clip art; top-1 accuracy on 2 test images of 2 classes");
        errors.Should().Contain("photo: there is no test part; 2 of the 10 pictures, 20 % of each class drawn with seed 0, are tested on.");

        (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--data", $"things={folder["things"]}"]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("photo has no hen").And.Contain("clip art has no hen");
    }

    [Fact]
    public async Task PacsTakesItsFolderByName()
    {
        Directory.CreateDirectory(folder["empty"]);

        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--data", $"pacs={folder["empty"]}"]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("art_painting");
        await RefusesAsync("--path", "--data", $"pacs={folder["empty"]}", "--path", folder["empty"]);
    }

    [Theory]
    [InlineData("--upstream", "photo")]
    [InlineData("--upstream", "sketch,sketch")]
    [InlineData("--upstream", "points,painting,cartoon,sketch")]
    [InlineData("--data", "imagenet")]
    [InlineData("--path", "somewhere")]
    [InlineData("--downstream", "photo")]
    [InlineData("--shots", "0")]
    [InlineData("--colour", "red")]
    public Task NamesTheWrongOption(string option, string value) => RefusesAsync(option, option, value);

    [Fact]
    public async Task PacsNeedsAPath()
    {
        await RefusesAsync("--path", "--data", "pacs");
        await RefusesAsync("--path", "--data", "pacs", "--path", folder["none"]);
    }

    [Fact]
    public async Task NamesWhatIsMissing()
    {
        Directory.CreateDirectory(folder["empty"]);

        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--data", "pacs", "--path", folder["empty"]]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("art_painting");
    }

    async Task RefusesAsync(string option, params string[] wrong)
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, .. wrong]);

        errors.Should().ContainSingle().Which.Should().Contain(option);
        code.Should().Be(2);
        printed.Should().BeEmpty();
        Directory.Exists(folder["out"]).Should().BeFalse();
    }
}
