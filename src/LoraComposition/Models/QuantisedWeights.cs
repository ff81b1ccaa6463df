using System.Text.Json;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Recognises checkpoints whose weights were quantised, and says so: their tensors are no numbers to compute with.</summary>
internal static class QuantisedWeights
{
    const int LargestConfig = 16 << 20;

    const string Advice = "use the checkpoint from before it was quantised, in float32, bfloat16 or float16; or load this one with transformers, call dequantize() and save it with save_pretrained";

    /// <summary>Ends of the names of tensors that only quantised weights have beside them.</summary>
    static readonly (string End, string How)[] ends =
    [
        (".absmax", "bitsandbytes, 4 bits"), (".quant_map", "bitsandbytes, 4 bits"), (".bitsandbytes__nf4", "bitsandbytes, 4 bits"), (".bitsandbytes__fp4", "bitsandbytes, 4 bits"),
        (".SCB", "bitsandbytes, 8 bits"), (".weight_format", "bitsandbytes, 8 bits"), (".qweight", "GPTQ or AWQ"), (".qzeros", "GPTQ or AWQ"), (".g_idx", "GPTQ"),
        (".weight_packed", "compressed tensors"), (".weight_scale", "scaled weights"), (".weight_scale_inv", "scaled weights"), (".W_q", "HQQ"), (".codebooks", "AQLM"),
        ("._data", "quanto"),
    ];

    /// <summary>Refuses a checkpoint with quantised weights.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="folder">Its folder, where the configuration may tell how.</param>
    /// <exception cref="CheckpointException">It has some.</exception>
    public static void Refuse(CheckpointFiles files, string folder)
    {
        if (Sign(files) is not { } sign) return;
        var found = files.Find(sign.Tensor)!;
        throw new CheckpointException(files.PathOf(sign.Tensor),
            $"the model is quantised ({InConfig(folder) ?? sign.How}): tensor '{sign.Tensor}' is {found.Dtype} [{string.Join(", ", found.Shape)}], which are no numbers to compute with or to merge into; {Advice}.");
    }

    /// <summary>The refusal of files that cannot even be opened, where the configuration says that the model is quantised; else null.</summary>
    public static CheckpointException? Explain(string folder, SafetensorsException cause) => InConfig(folder) is not { } how ? null
        : new CheckpointException(folder, $"the model is quantised ({how}), and its files cannot be read ({cause.Message}); {Advice}.", cause);

    static (string Tensor, string How)? Sign(CheckpointFiles files)
    {
        foreach (string name in files.Names)
        {
            if (Array.Find(ends, known => name.EndsWith(known.End, StringComparison.Ordinal)) is { End: not null } known) return (name, known.How);
            if (name.EndsWith(".weight", StringComparison.Ordinal) && files.Find(name) is { Dtype: ScalarType.Byte or ScalarType.Int8 } packed)
                return (name, packed.Dtype == ScalarType.Int8 ? "8 bits" : "packed into bytes");
        }
        return null;
    }

    /// <summary>How the configuration says that the weights are quantised; null where it does not.</summary>
    static string? InConfig(string folder)
    {
        string path = Path.Combine(folder, ModelConfigFile.FileName);
        if (!File.Exists(path)) return null;
        using var document = JsonFile.Read(path, LargestConfig, (message, cause) => new CheckpointException(path, message, cause));
        if (!document.RootElement.TryGetProperty("quantization_config", out var settings) || settings.ValueKind != JsonValueKind.Object) return null;
        string method = settings.TryGetProperty("quant_method", out var named) && named.ValueKind == JsonValueKind.String ? Excerpt.Of(named.GetString()!) : "quantization_config";
        string? bits = IsOn("load_in_4bit") || IsOn("_load_in_4bit") ? "4" : IsOn("load_in_8bit") || IsOn("_load_in_8bit") ? "8"
            : settings.TryGetProperty("bits", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetRawText() : null;
        return bits is null ? method : $"{method}, {bits} bits";

        bool IsOn(string setting) => settings.TryGetProperty(setting, out var value) && value.ValueKind == JsonValueKind.True;
    }
}
