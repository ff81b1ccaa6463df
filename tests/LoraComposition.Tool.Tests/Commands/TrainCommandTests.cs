using System.Text.Json;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    readonly TinyInputs inputs = new();

    public void Dispose() => inputs.Dispose();

    string[] Train(params string[] more) => ["train", "--base", inputs.At("base"), "--data", inputs.At("pictures"), "--rank", "2", "--epochs", "3", "--batch", "4", .. more];

    [Fact]
    public async Task MakesAModuleThatComposesAndAdapts()
    {
        var (code, output, errors) = await CommandLine.RunAsync(Train("--alpha", "4", "--rslora", "--targets", "all", "--validation", "0", "--out", inputs.At("mine")));

        code.Should().Be(0, string.Join('\n', errors));
        output.Should().ContainAll("The state of step 15 of 15 is kept.", "README.md in it is its model card");
        Directory.GetFiles(inputs.At("mine")).Select(Path.GetFileName).Should().BeEquivalentTo("adapter_config.json", "adapter_model.safetensors", "README.md", "training.json", "curve.png", "curve.svg");
        Directory.GetFileSystemEntries(inputs.Path).Select(Path.GetFileName).Should().BeEquivalentTo("base", "module-1", "module-2", "pictures", "mine");
        string card = File.ReadAllText(inputs.At("mine", "README.md"));
        card.Should().Contain("lora-compose train --base base --data pictures --rank 2").And.NotContain(inputs.Path);
        using (var module = LoraAdapter.Load(inputs.At("mine")))
        {
            module.Layers.Values.Should().OnlyContain(delta => delta.Rank == 2 && Math.Abs(delta.Scaling - 4 / Math.Sqrt(2)) < 1e-12);
            module.Layers.Should().HaveCount(12);
        }

        (code, _, errors) = await CommandLine.RunAsync(["compose", "--base", inputs.At("base"), "--adapter", inputs.At("mine"), inputs.At("module-1"), "--drop-saved", "--out", inputs.At("composed")]);
        if (code == 2) (code, _, errors) = await CommandLine.RunAsync(["compose", "--base", inputs.At("base"), "--adapter", inputs.At("mine"), inputs.At("module-1"), "--out", inputs.At("composed")]);
        code.Should().Be(0, string.Join('\n', errors));
    }

    [Fact]
    public async Task AModuleThatLearnedNothingIsNotWrittenWithoutForce()
    {
        // Two images of a kind in each class and a rate that ruins everything: no state is better than the start.
        string[] ruined = Train("--rate", "50", "--validation", "0.4", "--out", inputs.At("mine"));
        var (code, _, errors) = await CommandLine.RunAsync(ruined);

        code.Should().Be(1);
        errors.Should().Contain(line => line.StartsWith("The module learned nothing", StringComparison.Ordinal) && line.Contains("--force", StringComparison.Ordinal));
        Directory.Exists(inputs.At("mine")).Should().BeFalse();
        File.Exists(inputs.At("mine.training-state")).Should().BeFalse();

        (code, _, errors) = await CommandLine.RunAsync([.. ruined, "--force", "--json"]);
        code.Should().Be(0, string.Join('\n', errors));
        File.ReadAllText(inputs.At("mine", "README.md")).Should().Contain("Warning: Adapter 'mine' changes nothing").And.Contain("on the 6 samples held out");
    }

    [Theory]
    [InlineData("--dropout", "1", "--dropout is 1; it must lie in [0, 1).")]
    [InlineData("--validation", "1", "--validation is 1; it must lie in [0, 1).")]
    [InlineData("--rank", "0", "--rank is 0; it must be at least 1.")]
    [InlineData("--targets", "q,x", "--targets q,x: 'x' is not one of q, k, v, o, or all alone.")]
    [InlineData("--alpha", "0", "--alpha is 0; it must be positive.")]
    public async Task ASettingThatCannotBeIsRefused(string option, string value, string message)
    {
        string[] arguments = ["train", "--base", inputs.At("base"), "--data", inputs.At("pictures"), option, value, "--out", inputs.At("mine")];

        var (code, _, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(2);
        errors.Should().Contain(message);
    }

    [Fact]
    public async Task TheReportIsJson()
    {
        var (code, output, errors) = await CommandLine.RunAsync(Train("--name", "pictures of mine", "--dropout", "0.1", "--augment", "none", "--seed", "4", "--validation", "0", "--out", inputs.At("mine"), "--json"));

        code.Should().Be(0, string.Join('\n', errors));
        using var report = JsonDocument.Parse(output);
        report.RootElement.GetProperty("name").GetString().Should().Be("pictures of mine");
        report.RootElement.GetProperty("training").GetProperty("seed").GetInt32().Should().Be(4);
    }
}
