using System.Diagnostics;
using Microsoft.Extensions.Logging;

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
        var layers = adapter.Layers;
        if (adapter.Head is not null && layers.Keys.FirstOrDefault(layer => ModuleSelector.IsNamed(layer, PeftKey.Head)) is { } both)
            throw new ArgumentException($"Adapter '{adapter.Name}' both adapts '{both}' and saves it whole, which PEFT cannot hold; leave one out.");
        using var writer = new AdapterFileWriter(folder, options);
        foreach (var (layer, delta) in layers) writer.Add(layer, delta);
        if (adapter.Head is { } head)
        {
            writer.AddSaved(PeftKey.HeadTensor(isBias: false), PeftKey.Head, head.Weight);
            if (head.Bias is { } bias) writer.AddSaved(PeftKey.HeadTensor(isBias: true), PeftKey.Head, bias);
        }
        writer.Complete(adapter.BaseModel, adapter.Revision, adapter.Provenance, adapter.Head?.ClassNames, adapter.BaseFingerprint);
        logger.AdapterSaved(adapter.Name, layers.Count, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
