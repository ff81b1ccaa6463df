using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary>The reference models, adapters and expected values of the library's tests.</summary>
internal static class Reference
{
    public static string Base => Path("vit-hf");

    public static string T5Base => Path("t5-flan");

    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static string Adapter(string name) => Path("peft", name);

    public static Tensor Pixels() => Read(Path("vit-hf", "io.safetensors"), "pixel_values");

    public static Tensor Logits(string name) => Read(Path("peft", "expected.safetensors"), $"logits.{name}");

    /// <summary>The tokens, mask and labels that the expected values of T5 are computed for.</summary>
    public static Tensor Tokens(string name) => Read(Path("t5-flan", "io.safetensors"), name);

    public static Tensor T5Expected(string name) => Read(Path("compose", "t5.safetensors"), name);

    static Tensor Read(string path, string tensor)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Read(tensor);
    }
}
