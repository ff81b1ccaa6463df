using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

public sealed class BadDataTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string model;

    public BadDataTests() => model = TinyModel.Save(Path.Combine(folder.Path, "model"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task NamesATruncatedCifarFile()
    {
        File.WriteAllBytes(folder.At("cifar", "train.bin"), new byte[3073]);

        await FailsAsync("train.bin", "--data", "cifar100", "--path", folder.At("cifar", "x")[..^2]);
    }

    [Fact]
    public Task APublishedDataSetNeedsItsLayout()
    {
        folder.AddPng("pictures", "class-0", "0.png");
        return FailsAsync("cifar100 needs", "--data", $"cifar100={folder["pictures"]}");
    }

    [Fact]
    public Task AFolderWithoutPicturesIsNamed()
    {
        Directory.CreateDirectory(folder["pictures/class-0"]);
        return FailsAsync("found none", "--data", $"pets={folder["pictures"]}");
    }

    [Fact]
    public async Task NamesADamagedPicture()
    {
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 6; j++) folder.AddPng("pictures", $"class-{i}", $"{j}.png");
        }
        File.WriteAllText(folder.At("pictures", "class-0", "3.png"), "damaged");

        await FailsAsync("3.png", "--data", "folder", "--path", folder.At("pictures", "x")[..^2], "--validation", "1", "--splits", "2", "--downstream", "2");
    }

    [Fact]
    public Task NamesAMissingModelFile()
    {
        File.Delete(Path.Combine(model, "model.safetensors"));
        return FailsAsync("model.safetensors");
    }

    [Fact]
    public Task NamesADamagedConfiguration()
    {
        File.WriteAllText(Path.Combine(model, "config.json"), "{");
        return FailsAsync("config.json");
    }

    async Task FailsAsync(string name, params string[] arguments)
    {
        string output = Path.Combine(folder.Path, "out");

        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--model", model, "--out", output]);

        // Lines of progress and what the data is may stand before the error.
        errors.Where(line => !line.StartsWith("module ", StringComparison.Ordinal) && !line.Contains("there is no test part", StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain(name);
        code.Should().Be(1);
        printed.Should().BeEmpty();
        (Directory.Exists(output) ? Directory.GetFiles(output, "*", SearchOption.AllDirectories) : []).Should().BeEmpty();
    }
}
