using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

/// <summary>Every family of vision transformers goes through every command, with nothing said.</summary>
public sealed class VitFamilyCommandTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("deit", 28, 3)]
    [InlineData("deit-distilled", 28, 3)]
    [InlineData("dinov2", 28, 3)]
    [InlineData("dinov2-registers", 56, 3)]
    [InlineData("dinov2-swiglu", 28, 3)]
    [InlineData("clip", 28, 3)]
    [InlineData("clip-vision-projection", 28, 3)]
    [InlineData("siglip", 28, 3)]
    public async Task InspectedCheckedComposedAdaptedEvaluatedUsedAndExported(string name, int side, int classes)
    {
        string given = folder.At("base"), adapter = Reference.Path("vit-family", name, "adapter"), data = folder.At("data"), model = folder.At("model");
        Directory.CreateDirectory(given);
        foreach (string file in Directory.GetFiles(Reference.Path("vit-family", name))) File.Copy(file, Path.Combine(given, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(given, "preprocessor_config.json"),
            $$"""{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": {{side + 4}}}, "crop_size": {"height": {{side}}, "width": {{side}}}, "resample": 3, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}""");
        TinyImageFolder.Write(data, [("a", 6), ("b", 6), ("c", 6)]);

        (await Run("inspect", given)).Should().Contain("classifier.weight".Replace("classifier", name is "deit-distilled" ? "cls_classifier" : name is "clip-vision-projection" ? "visual_projection" : "classifier", StringComparison.Ordinal));
        (await Run("check", "--base", given, "--adapter", adapter)).Should().Contain("All adapters fit the base.");
        await Run("compose", "--base", given, "--adapter", adapter, "--out", folder.At("composed"));
        LoraAdapter.Load(folder.At("composed")).Dispose();
        await Run("adapt", "--base", given, "--adapter", adapter, "--data", data, "--shots", "2", "--validation", "2", "--steps", "2", "--method", "classifier,uniform+lora", "--rank", "2", "--threads", "1", "--out", model);
        (await Run("evaluate", "--model", model, "--data", data)).Should().Contain("of 18)");
        (await Run("predict", "--model", model, "--images", Path.Combine(data, "a"))).Trim().Split('\n').Length.Should().BeGreaterThan(6 * classes - 1);
        (await Run("export", "--model", model, "--out", folder.At("model.onnx"))).Should().Contain($"pixel_values [batch, 3, {side}, {side}]").And.Contain($"logits [batch, {classes}]");
        (await Run("export", "--model", given, "--out", folder.At("base.onnx"))).Should().Contain($"pixel_values [batch, 3, {side}, {side}]");
        using var read = AdaptedModel.Load(model);
        read.Model.Config.ImageSize.Should().Be(side);
        read.Model.Classifier!.weight!.shape.Should().Equal(classes, read.Model.Config.FeatureSize);
    }

    static async Task<string> Run(params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);
        code.Should().Be(0, $"{arguments[0]}: {string.Join('\n', errors)}");
        return output;
    }
}
