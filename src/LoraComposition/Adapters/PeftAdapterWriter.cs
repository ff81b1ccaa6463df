using System.Diagnostics;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Writes LoRA adapters as folders that PEFT 0.20 loads. The same adapter gives the same bytes.</summary>
internal static class PeftAdapterWriter
{
    /// <summary>Writes the weights, then the configuration: a folder with a configuration is complete.</summary>
    /// <exception cref="ArgumentException">An option or the provenance is not valid, a weight is too large for the type, or the head is both adapted and
    /// saved.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Write(LoraAdapter adapter, string folder, AdapterSaveOptions options, ILogger logger)
    {
        long started = Stopwatch.GetTimestamp();
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options.Validate();
        if (adapter.Head is not null && adapter.Layers.Keys.FirstOrDefault(layer => ModuleSelector.IsNamed(layer, PeftKey.Head)) is { } both)
            throw new ArgumentException($"Adapter '{adapter.Name}' both adapts '{both}' and saves it whole, which PEFT cannot hold; leave one out.");
        using var scope = NewDisposeScope();
        var config = PeftConfigWriter.Format(adapter);
        var tensors = Tensors(adapter).ToDictionary(pair => pair.Key, pair => As(options.Dtype, pair.Key, pair.Value), StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(adapter.Provenance is { } provenance ? ProvenanceText.Format(provenance) : []) { ["format"] = "pt" };
        if (adapter.Head?.ClassNames is { } classNames) metadata[ClassNamesText.Key] = ClassNamesText.Format(classNames);
        Directory.CreateDirectory(folder);
        // The configuration is on the disk before the weights are replaced, and renamed after them: a disk that fills up leaves both old files.
        AtomicFile.Write(Path.Combine(folder, PeftFiles.Config), stream =>
        {
            stream.Write(config);
            stream.Flush();
            SafetensorsWriter.Write(Path.Combine(folder, PeftFiles.Weights), tensors, metadata);
        });
        logger.AdapterSaved(adapter.Name, adapter.Layers.Count, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    static IEnumerable<KeyValuePair<string, Tensor>> Tensors(LoraAdapter adapter)
    {
        foreach (var (layer, delta) in adapter.Layers)
        {
            yield return new(PeftKey.Of(layer, LoraFactor.A), delta.A);
            yield return new(PeftKey.Of(layer, LoraFactor.B), delta.B);
        }
        if (adapter.Head is not { } head) yield break;
        yield return new(PeftKey.OfHead(isBias: false), head.Weight);
        if (head.Bias is { } bias) yield return new(PeftKey.OfHead(isBias: true), bias);
    }

    static Tensor As(ScalarType? dtype, string key, Tensor tensor)
    {
        if (dtype is not { } type || type == tensor.dtype) return tensor;
        var cast = tensor.detach().to(type);
        // Float16 ends at 65504.
        if (tensor.isfinite().equal(cast.isfinite()).all().item<bool>()) return cast;
        throw new ArgumentException($"Tensor '{key}' holds numbers that are too large for {type}; write it as Float32 or BFloat16.");
    }
}
