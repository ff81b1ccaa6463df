using System.Globalization;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace TaskShift.Tests;

public sealed class VisionTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    public VisionTests() => arguments = ["--modality", "vision", "--model", TinyModel.Save(folder["model"]), "--out", folder["out"], "--shots", "1", "--seeds", "1", "--rank", "2", "--steps", "2", "--upstream-epochs", "1", "--validation", "1", "--threads", "1"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task EachDataSetIsLearnedInTurn()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--methods", "uniform"]);

        code.Should().Be(0, string.Join('\n', errors));
        string[] names = ["fractals", "polygons", "tilings", "glyphs"];
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo([.. names, "modules"]);
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(4, "the rounds share their modules");
        string page = File.ReadAllText(folder["out/report.html"]);
        foreach (string name in names) page.Should().Contain($"task-shift-{name}</h2>");
        printed.Where(line => line.StartsWith("Task shift:")).Select(line => line.Split(" → ")[1].Split(';')[0]).Should().Equal(names);
    }

    [Fact]
    public async Task OneDataSetIsOneRound()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--methods", "classifier,learned", "--downstream", "glyphs"]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Task shift: fractals, polygons, tilings → glyphs; top-1 accuracy on 400 test images of 10 classes");
        Directory.Exists(folder["out/fractals"]).Should().BeFalse();
    }

    [Theory]
    [InlineData("--data", "birds={0}/birds,leaves={0}/leaves,shells={0}/shells", "--upstream", "birds,leaves", "--downstream", "shells")]
    [InlineData("--upstream", "birds={0}/birds,leaves={0}/leaves", "--downstream", "shells={0}/shells")]
    public async Task OwnPicturesAreTasks(params string[] data)
    {
        foreach (string set in (string[])["birds", "leaves", "shells"])
            foreach (string kind in (string[])["a", "b"])
                for (int i = 0; i < 5; i++) folder.AddPng(set, kind, $"{i}.png");

        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--methods", "uniform", .. data.Select(text => string.Format(CultureInfo.InvariantCulture, text, folder.Path))]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Task shift: birds, leaves → shells; top-1 accuracy on 2 test images of 2 classes");
        errors.Should().Contain("shells: there is no test part; 2 of the 10 pictures, 20 % of each class drawn with seed 0, are tested on.");
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "shells");
    }

    [Fact]
    public async Task UpstreamChoosesAmongTheEmbeddedToo()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--methods", "uniform", "--upstream", "polygons", "--downstream", "glyphs"]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().StartWith("Task shift: polygons → glyphs;");
    }

    [Theory]
    [InlineData("--upstream", "fractals,none")]
    [InlineData("--data", "cifar100=.")]
    [InlineData("--data", "cifar100=.,cifar100=.")]
    [InlineData("--data", "imagenet=./none,cifar100=.")]
    [InlineData("--data", "cifar100=no-such-folder,eurosat=.")]
    [InlineData("--data", "cifar100,eurosat")]
    [InlineData("--downstream", "none")]
    [InlineData("--path", "somewhere")]
    [InlineData("--max-length", "3")]
    [InlineData("--methods", "zero-shot")]
    public async Task NamesTheWrongOption(string option, string value)
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, option, value]);

        errors.Should().ContainSingle().Which.Should().Contain(option);
        code.Should().Be(2);
        printed.Should().BeEmpty();
    }
}
