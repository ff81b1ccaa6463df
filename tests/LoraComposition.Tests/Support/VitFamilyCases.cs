using System.Text.Json.Nodes;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>A small model of each family, as transformers wrote it, with an adapter of PEFT's and what comes out of them (see Fixtures/README.md).</summary>
static class VitFamilyCases
{
    public static TheoryData<string> All { get; } = ["deit", "deit-distilled", "dinov2", "dinov2-registers", "dinov2-swiglu", "clip", "clip-vision-projection", "siglip"];

    public static string Folder(string name) => Fixture.Path("vit-family", name);

    public static VisionTransformer Load(string name, VitLoadOptions? options = null)
    {
        var model = VisionTransformer.Load(Folder(name), options);
        model.eval();
        return model;
    }

    public static LoraAdapter Adapter(string name) => LoraAdapter.Load(Fixture.Path("vit-family", name, "adapter"));

    /// <summary><c>pixel_values</c>, <c>output</c> and <c>output_with_adapter</c>.</summary>
    public static Dictionary<string, Tensor> Expected(string name) => Fixture.Tensors("vit-family", name, "expected.safetensors");

    /// <summary>What the configuration calls the model, as JSON.</summary>
    public static string Architectures(string name) => JsonNode.Parse(File.ReadAllText(Fixture.Path("vit-family", name, "config.json")))!["architectures"]!.ToJsonString();

    /// <summary>The logits, or of a model without a head the features.</summary>
    public static Tensor Output(VisionTransformer model, Tensor pixels) => model.Classifier is null ? model.Features(pixels) : model.call(pixels);
}
