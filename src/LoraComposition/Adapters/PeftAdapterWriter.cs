using LoraComposition.Serialization;
using static TorchSharp.torch;

namespace LoraComposition.Adapters;

/// <summary>Writes LoRA adapters as folders that PEFT 0.20 loads. The same adapter gives the same bytes.</summary>
internal static class PeftAdapterWriter
{
    /// <summary>Writes the weights, then the configuration: a folder with a configuration is complete.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Write(LoraAdapter adapter, string folder)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var config = PeftConfigWriter.Format(adapter);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (layer, delta) in adapter.Layers)
        {
            tensors.Add(PeftKey.Format(layer, LoraFactor.A), delta.A);
            tensors.Add(PeftKey.Format(layer, LoraFactor.B), delta.B);
        }
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, PeftFiles.Weights), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(Path.Combine(folder, PeftFiles.Config), stream => stream.Write(config));
    }
}
