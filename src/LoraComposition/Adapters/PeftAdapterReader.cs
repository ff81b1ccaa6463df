using System.Diagnostics;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>Opens PEFT folders, and reads the LoRA adapters in them. Whatever is not plain LoRA is refused, never silently misread.</summary>
internal sealed class PeftAdapterReader
{
    readonly AdapterFolder folder;
    readonly AdapterLoadOptions options;
    readonly PeftConfig config;
    readonly List<string> warnings;

    PeftAdapterReader(AdapterFolder folder, AdapterLoadOptions options)
    {
        (this.folder, this.options) = (folder, options);
        config = PeftConfigReader.Read(folder.Config, options.AnyArchitecture);
        warnings = [.. config.Warnings];
    }

    /// <summary>Opens one adapter, of which no number is read.</summary>
    /// <param name="folder">The folder of the two files, or of the one sub-folder that holds them.</param>
    /// <param name="name">What to call it; the folder's name where null.</param>
    /// <param name="options">What is let through.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported.</exception>
    public static AdapterFile Open(string folder, string? name, AdapterLoadOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var found = AdapterFolder.Find(folder);
        return Open(found with { Name = name ?? found.Name }, folder, options, names: null);
    }

    /// <summary>Opens the adapters in the sub-folders of a folder, in ordinal order of their names.</summary>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    public static IReadOnlyList<AdapterFile> OpenAll(string folder, AdapterLoadOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        return All(folder, found => Open(found, folder, options, names), logger, progress, cancellation);
    }

    /// <summary>Reads one adapter whole.</summary>
    /// <inheritdoc cref="Open(string, string?, AdapterLoadOptions)"/>
    public static LoraAdapter Read(string folder, string? name, AdapterLoadOptions options, ILogger logger) =>
        Read(() => Open(folder, name, options), logger);

    /// <summary>Reads the adapters in the sub-folders of a folder, in ordinal order of their names.</summary>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    public static AdapterCollection ReadAll(string folder, AdapterLoadOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation) =>
        new(All(folder, found => Read(() => Open(found, folder, options, names: null), logger), logger, progress, cancellation));

    static IReadOnlyList<T> All<T>(string folder, Func<AdapterFolder, T> open, ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
        where T : IDisposable
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var adapters = new List<T>();
        try
        {
            var all = AdapterFolder.FindAll(folder, logger);
            foreach (var found in all)
            {
                cancellation.ThrowIfCancellationRequested();
                adapters.Add(open(found));
                progress?.Report(new(adapters.Count, all.Count));
            }
            return adapters;
        }
        catch
        {
            foreach (var adapter in adapters) adapter.Dispose();
            throw;
        }
    }

    static LoraAdapter Read(Func<AdapterFile> open, ILogger logger)
    {
        long started = Stopwatch.GetTimestamp();
        using var file = open();
        var adapter = file.ToAdapter();
        foreach (string warning in adapter.Warnings) logger.AdapterIsOdd(adapter.Name, warning);
        foreach (var (layer, delta) in adapter.Layers) logger.AdapterLayer(adapter.Name, layer, delta.Rank, delta.Scaling);
        logger.AdapterLoaded(adapter.Name, adapter.Layers.Count, adapter.ParameterCount, file.Folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return adapter;
    }

    static AdapterFile Open(AdapterFolder folder, string root, AdapterLoadOptions options, Dictionary<string, string>? names)
    {
        folder.Check(root, options);
        return new PeftAdapterReader(folder, options).Open(names);
    }

    AdapterFile Open(Dictionary<string, string>? names)
    {
        using var file = SafetensorsFile.Open(folder.Weights);
        var tensors = PeftTensors.Of(file, new PeftKey(folder.KeyNames, file.Tensors.Keys), config.SavedModules, options.AnyArchitecture);
        CheckTargets(tensors.Layers.Select(pair => pair.Layer).ToList());
        CheckRanks(tensors.Layers.Select(pair => (pair.Layer, pair.A.Shape[0])));
        var provenance = ProvenanceText.Parse(file.Metadata, out var problem);
        if (problem is not null) warnings.Add(problem);
        var baseFingerprint = BaseFingerprint.Parse(file.Metadata, out problem);
        if (problem is not null) warnings.Add(problem);
        var headWeight = tensors.Saved.FirstOrDefault(saved => saved.Tensor.Name == PeftKey.HeadTensor(isBias: false)).Tensor;
        var classNames = ClassNamesText.Parse(file.Metadata, headWeight is { Shape.Count: > 0 } ? headWeight.Shape[0] : null, out problem);
        if (problem is not null) warnings.Add(problem);
        return new AdapterFile(folder.Name, folder.Path, options, file.Identity,
            [.. tensors.Layers.Select(pair => FactorPlaces.Of(pair, config.Alpha.For(pair.Layer), config.Scaling(pair.Layer, pair.A.Shape[0]), names))], tensors.Saved)
        {
            BaseModel = config.BaseModel,
            Revision = config.Revision,
            BaseFingerprint = baseFingerprint,
            Provenance = provenance,
            ClassNames = classNames,
            Warnings = warnings,
        };
    }

    void CheckTargets(IReadOnlyList<string> layers)
    {
        if (layers.FirstOrDefault(layer => !config.IsTarget(layer)) is { } other)
            throw new AdapterException(folder.Config, !config.NamesTargets
                ? $"'target_modules' is missing, expected the names of the adapted layers; only T5 has a default, {string.Join(" and ", config.Targets.Names)}, and layer '{other}' of {PeftFiles.Weights} is none of its layers."
                : $"layer '{other}' of {PeftFiles.Weights} is not a target by 'target_modules', 'exclude_modules', 'modules_to_save' and 'layers_to_transform'; the two files do not belong together.");
        // A module that is saved whole is no target, whatever the list says.
        var idle = config.Targets.Names.Where(name => !config.SavedModules.Contains(name) && config.Exclusions?.Concerns(name) != true
            && !layers.Any(layer => ModuleSelector.IsNamed(layer, name))).ToList();
        // PEFT passes over targets that the model does not have, and one list may serve several models.
        if (idle.Count > 0) warnings.Add($"'target_modules' names '{string.Join("', '", idle)}', of which {PeftFiles.Weights} holds no layer.");
        if (config.Targets.Blocks is not { } blocks) return;
        // PEFT passes over blocks that the model does not have, so the list may name more than there are.
        var absent = blocks.Indices.Except(layers.Select(blocks.IndexOf).OfType<int>()).Order().ToList();
        if (absent.Count > 0) warnings.Add($"'layers_to_transform' names {string.Join(", ", absent)}, of which {PeftFiles.Weights} holds no layer.");
    }

    void CheckRanks(IEnumerable<(string Layer, long Rank)> layers)
    {
        var odd = layers.Select(layer => (layer.Layer, layer.Rank, Expected: config.Rank.For(layer.Layer))).Where(layer => layer.Rank != layer.Expected).ToList();
        if (odd.Count == 0) return;
        warnings.Add($"layer '{odd[0].Layer}' has rank {odd[0].Rank} although 'r' and 'rank_pattern' say {odd[0].Expected}{(odd.Count > 1 ? $", and so for {odd.Count - 1} others" : "")}; the tensors' rank is used, also to divide alpha.");
    }
}
