using LoraComposition.Files;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>The reference models, adapters and expected values (see Fixtures/README.md).</summary>
static class Fixture
{
    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static Dictionary<string, Tensor> Tensors(params string[] parts)
    {
        using var file = SafetensorsFile.Open(Path(parts));
        return file.Tensors.Keys.ToDictionary(name => name, file.Read);
    }

    public static VisionTransformer Vit() => VisionTransformer.Load(Path("vit-hf"));

    public static T5Model T5(string name = "t5-flan", ScalarType dtype = ScalarType.Float32) => T5Model.Load(Path(name), new T5LoadOptions { Dtype = dtype });

    public static LoraAdapter Adapter(string name) => LoraAdapter.Load(Path("peft", name));

    /// <summary>The three adapters of the reference: ranks 4, 4, 8 and scalings 1, 2, 2.</summary>
    public static LoraAdapter[] Adapters() => [Adapter("vit-a"), Adapter("vit-b"), Adapter("vit-c")];
}
