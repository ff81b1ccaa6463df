using System.Diagnostics;
using System.Security.Cryptography;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Reads LoRA adapters from PEFT folders. Whatever is not plain LoRA is refused, never silently misread.</summary>
internal sealed class PeftAdapterReader
{
    readonly AdapterFolder folder;
    readonly AdapterLoadOptions options;
    readonly PeftConfig config;
    readonly List<string> warnings;
    readonly List<string> nonFinite = [];

    PeftAdapterReader(AdapterFolder folder, AdapterLoadOptions options)
    {
        (this.folder, this.options) = (folder, options);
        config = PeftConfigReader.Read(folder.Config);
        warnings = [.. config.Warnings];
    }

    /// <summary>Reads one adapter.</summary>
    /// <param name="folder">The folder of the two files, or of the one sub-folder that holds them.</param>
    /// <param name="name">What to call it; the folder's name where null.</param>
    /// <param name="options">What is let through.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported.</exception>
    public static LoraAdapter Read(string folder, string? name, AdapterLoadOptions options, ILogger logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var found = AdapterFolder.Find(folder);
        return Read(found with { Name = name ?? found.Name }, folder, options, logger);
    }

    /// <summary>Reads the adapters in the sub-folders of a folder, in ordinal order of their names.</summary>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    public static AdapterCollection ReadAll(string folder, AdapterLoadOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var adapters = new List<LoraAdapter>();
        try
        {
            var all = AdapterFolder.FindAll(folder, logger);
            foreach (var found in all)
            {
                cancellation.ThrowIfCancellationRequested();
                adapters.Add(Read(found, folder, options, logger));
                progress?.Report(new(adapters.Count, all.Count));
            }
            return new AdapterCollection(adapters);
        }
        catch
        {
            foreach (var adapter in adapters) adapter.Dispose();
            throw;
        }
    }

    static LoraAdapter Read(AdapterFolder folder, string root, AdapterLoadOptions options, ILogger logger)
    {
        long started = Stopwatch.GetTimestamp();
        folder.Check(root, options);
        var adapter = new PeftAdapterReader(folder, options).Read();
        foreach (string warning in adapter.Warnings) logger.AdapterIsOdd(adapter.Name, warning);
        foreach (var (layer, delta) in adapter.Layers) logger.AdapterLayer(adapter.Name, layer, delta.Rank, delta.Scaling);
        logger.AdapterLoaded(adapter.Name, adapter.Layers.Count, adapter.ParameterCount, folder.Path, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return adapter;
    }

    LoraAdapter Read()
    {
        using var file = SafetensorsFile.Open(folder.Weights);
        var tensors = PeftTensors.Of(file, new PeftKey(folder.KeyNames), config.SavesHead);
        CheckTargets(tensors.Layers.Select(pair => pair.Layer).ToList());
        CheckRanks(tensors.Layers);
        var provenance = ProvenanceText.Parse(file.Metadata, out var problem);
        if (problem is not null) warnings.Add(problem);
        var classNames = ClassNamesText.Parse(file.Metadata, tensors.HeadWeight?.Shape[0], out problem);
        if (problem is not null) warnings.Add(problem);

        var layers = new List<KeyValuePair<string, LoraDelta>>(tensors.Layers.Count);
        SavedHead? head = null;
        try
        {
            foreach (var (layer, a, b) in tensors.Layers) layers.Add(new(layer, ReadDelta(file, layer, a, b)));
            head = ReadHead(file, tensors, classNames);
            if (nonFinite.Count > 0) warnings.Add($"tensor '{nonFinite[0]}' holds NaN or infinite numbers{(nonFinite.Count > 1 ? $", and so do {nonFinite.Count - 1} others" : "")}.");
            return new LoraAdapter(folder.Name, layers, config.BaseModel)
            {
                Head = head,
                Revision = config.Revision,
                Provenance = provenance,
                Fingerprint = FingerprintOf(folder.Weights),
                WeightsPath = folder.Weights,
                Warnings = warnings,
            };
        }
        catch
        {
            head?.Dispose();
            foreach (var (_, delta) in layers) delta.Dispose();
            throw;
        }
    }

    void CheckTargets(IReadOnlyList<string> layers)
    {
        if (layers.FirstOrDefault(layer => !config.IsTarget(layer)) is { } other)
            throw new AdapterException(folder.Config, !config.NamesTargets
                ? $"'target_modules' is missing, expected the names of the adapted layers; only T5 has a default, {string.Join(" and ", config.Targets.Names)}, and layer '{other}' of {PeftFiles.Weights} is none of its layers."
                : $"layer '{other}' of {PeftFiles.Weights} is not a target by 'target_modules', 'exclude_modules', 'modules_to_save' and 'layers_to_transform'; the two files do not belong together.");
        // A head that is saved whole is no target, whatever the list says.
        foreach (var target in config.Targets.Names.Where(name => !(config.SavesHead && name == PeftKey.Head)))
        {
            if (!layers.Any(layer => ModuleSelector.IsNamed(layer, target)))
                throw new AdapterException(folder.Config, $"target '{target}' matched no tensor of {PeftFiles.Weights}; the two files do not belong together.");
        }
        if (config.Targets.Blocks is not { } blocks) return;
        // PEFT passes over blocks that the model does not have, so the list may name more than there are.
        var absent = blocks.Indices.Except(layers.Select(blocks.IndexOf).OfType<int>()).Order().ToList();
        if (absent.Count > 0) warnings.Add($"'layers_to_transform' names {string.Join(", ", absent)}, of which {PeftFiles.Weights} holds no layer.");
    }

    void CheckRanks(IReadOnlyList<(string Layer, TensorInfo A, TensorInfo B)> layers)
    {
        var odd = layers.Select(pair => (pair.Layer, Rank: pair.A.Shape[0], Expected: config.Rank.For(pair.Layer)))
            .Where(pair => pair.Rank != pair.Expected).ToList();
        if (odd.Count == 0) return;
        warnings.Add($"layer '{odd[0].Layer}' has rank {odd[0].Rank} although 'r' and 'rank_pattern' say {odd[0].Expected}{(odd.Count > 1 ? $", and so for {odd.Count - 1} others" : "")}; the tensors' rank is used, also to divide alpha.");
    }

    LoraDelta ReadDelta(SafetensorsFile file, string layer, TensorInfo a, TensorInfo b)
    {
        using var scope = NewDisposeScope();
        return new LoraDelta(ReadTensor(file, a.Name), ReadTensor(file, b.Name), config.Scaling(layer, a.Shape[0])) { Alpha = config.Alpha.For(layer) };
    }

    SavedHead? ReadHead(SafetensorsFile file, PeftTensors tensors, IReadOnlyList<string>? classNames)
    {
        if (tensors.HeadWeight is null) return null;
        using var scope = NewDisposeScope();
        return new SavedHead(ReadTensor(file, tensors.HeadWeight.Name), tensors.HeadBias is null ? null : ReadTensor(file, tensors.HeadBias.Name), classNames);
    }

    Tensor ReadTensor(SafetensorsFile file, string key)
    {
        // A copy, so that the adapter can be saved over its own file by any program.
        var tensor = file.Read(key).to(ScalarType.Float32, copy: true);
        if (tensor.isfinite().all().item<bool>()) return tensor;
        if (!options.AllowNonFinite)
            throw new AdapterException(file.Path,
                $"tensor '{key}' holds NaN or infinite numbers; the training diverged, so train the adapter again, or set {nameof(options.AllowNonFinite)} to read it all the same.");
        nonFinite.Add(key);
        return tensor;
    }

    static string FingerprintOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
