using LoraComposition.Serialization;
using static TorchSharp.torch;

namespace LoraComposition.Adapters;

/// <summary>Reads LoRA adapters from PEFT folders. Whatever is not plain LoRA is refused, never silently misread.</summary>
internal static class PeftAdapterReader
{
    /// <summary>Reads one adapter.</summary>
    /// <param name="folder">The folder of the two files.</param>
    /// <param name="name">What to call it; the folder's name where null.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported.</exception>
    public static LoraAdapter Read(string folder, string? name)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        name ??= Path.GetFileName(full) is { } last && !string.IsNullOrWhiteSpace(last) ? last : full;
        CheckFiles(folder);
        var config = PeftConfigReader.Read(Path.Combine(folder, PeftFiles.Config));
        using var file = SafetensorsFile.Open(Path.Combine(folder, PeftFiles.Weights));
        var pairs = PeftTensors.Pair(file);
        CheckTargets(config, pairs.Select(pair => pair.Layer).ToList(), Path.Combine(folder, PeftFiles.Config));

        var layers = new List<KeyValuePair<string, LoraDelta>>(pairs.Count);
        try
        {
            foreach (var (layer, a, b) in pairs) layers.Add(new(layer, ReadDelta(file, a, b, config.Scaling(layer, a.Shape[0]))));
            return new LoraAdapter(name, layers, config.BaseModel);
        }
        catch
        {
            foreach (var (_, delta) in layers) delta.Dispose();
            throw;
        }
    }

    /// <summary>Reads the adapters in the sub-folders of a folder, in ordinal order of their names.</summary>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    public static IReadOnlyList<LoraAdapter> ReadAll(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new AdapterException(folder, "the folder does not exist.");
        var adapters = new List<LoraAdapter>();
        try
        {
            foreach (var inner in Directory.GetDirectories(folder).Where(HasConfig).OrderBy(path => Path.GetFileName(path), StringComparer.Ordinal)) adapters.Add(Read(inner, null));
            if (adapters.Count == 0) throw new AdapterException(folder, $"expected sub-folders with {PeftFiles.Config}, found none.");
            return adapters;
        }
        catch
        {
            foreach (var adapter in adapters) adapter.Dispose();
            throw;
        }
    }

    static bool HasConfig(string folder) => File.Exists(Path.Combine(folder, PeftFiles.Config));

    static void CheckFiles(string folder)
    {
        if (!Directory.Exists(folder)) throw new AdapterException(folder, "the folder does not exist.");
        if (!HasConfig(folder))
        {
            var inner = Directory.GetDirectories(folder).Where(HasConfig).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).FirstOrDefault();
            throw new AdapterException(folder, $"the folder holds no {PeftFiles.Config}; {(inner is null ? "give the folder that PEFT's save_pretrained wrote" : $"give its sub-folder '{inner}'")}.");
        }
        if (File.Exists(Path.Combine(folder, PeftFiles.Weights))) return;
        throw new AdapterException(folder, File.Exists(Path.Combine(folder, PeftFiles.PickledWeights))
            ? $"the folder holds {PeftFiles.PickledWeights} but no {PeftFiles.Weights}; a pickle is never read because it can run code: load the adapter with PEFT and save it with save_pretrained(folder, safe_serialization=True)."
            : $"the folder holds no {PeftFiles.Weights}; give the folder that PEFT's save_pretrained wrote.");
    }

    static void CheckTargets(PeftConfig config, IReadOnlyList<string> layers, string path)
    {
        foreach (var layer in layers)
        {
            if (!config.Targets.Selects(layer) || config.Exclusions?.Selects(layer) == true)
                throw new AdapterException(path, $"layer '{layer}' of {PeftFiles.Weights} is not a target by 'target_modules' and 'exclude_modules'; the two files do not belong together.");
        }
        foreach (var target in config.Targets.Names)
        {
            if (!layers.Any(layer => ModuleSelector.IsNamed(layer, target)))
                throw new AdapterException(path, $"target '{target}' matched no tensor of {PeftFiles.Weights}; the two files do not belong together.");
        }
    }

    static LoraDelta ReadDelta(SafetensorsFile file, TensorInfo a, TensorInfo b, double scaling)
    {
        using var scope = NewDisposeScope();
        return new LoraDelta(ReadFactor(file, a.Name), ReadFactor(file, b.Name), scaling);
    }

    static Tensor ReadFactor(SafetensorsFile file, string key)
    {
        // A copy, so that the adapter can be saved over its own file by any program.
        var factor = file.Read(key).to(ScalarType.Float32, copy: true);
        if (factor.isfinite().all().item<bool>()) return factor;
        throw new AdapterException(file.Path, $"tensor '{key}' holds NaN or infinite numbers; the training diverged, so train the adapter again.");
    }
}
