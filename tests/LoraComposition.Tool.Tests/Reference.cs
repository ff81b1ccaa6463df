using LoraComposition.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary>The reference model, adapters and expected values of the library's tests.</summary>
internal static class Reference
{
    public static string Base => Path("vit-hf");

    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static string Adapter(string name) => Path("peft", name);

    public static Tensor Pixels() => Read(Path("vit-hf", "io.safetensors"), "pixel_values");

    public static Tensor Logits(string name) => Read(Path("peft", "expected.safetensors"), $"logits.{name}");

    static Tensor Read(string path, string tensor)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Read(tensor);
    }
}
