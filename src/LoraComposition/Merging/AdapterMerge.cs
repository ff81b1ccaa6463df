using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Composes adapters of one architecture, whatever it is, without a model: layer by layer from their files, so that the memory is that of one layer however
/// many adapters and however large the model.
/// </summary>
/// <remarks>
/// Layers are the same where their paths are. One that some adapters leave alone counts as an update of zero for those. Does not own the adapters, which must
/// stay open. Safe to use from several threads.
/// </remarks>
public sealed class AdapterMerge
{
    readonly IReadOnlyList<AdapterFile> adapters;
    readonly MergeMethod method;
    readonly Func<string, IReadOnlyList<double>>? weights;

    /// <summary>Checks that the adapters go together.</summary>
    /// <param name="adapters">The adapters, at least one. They stay the caller's.</param>
    /// <param name="method">The method.</param>
    /// <param name="weights">What each adapter's update of a layer is multiplied with before the method sees it, by the layer's path; 1 where not given.</param>
    /// <param name="anyBase">Whether adapters whose files name different base models are composed all the same. Default false.</param>
    /// <exception cref="ArgumentException">There is no adapter.</exception>
    /// <exception cref="AdapterException">The adapters are of different layouts, have no layer in common, a layer has two shapes or kinds, or they are for
    /// different base models; the message names the file.</exception>
    public AdapterMerge(IReadOnlyList<AdapterFile> adapters, MergeMethod method, Func<string, IReadOnlyList<double>>? weights = null, bool anyBase = false)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentNullException.ThrowIfNull(method);
        if (adapters.Count == 0) throw new ArgumentException("A composition needs at least one adapter.", nameof(adapters));
        (this.adapters, this.method, this.weights) = (adapters, method, weights);
        var layers = new SortedDictionary<string, AdapterLayer>(StringComparer.Ordinal);
        foreach (var adapter in adapters)
        {
            if (!ReferenceEquals(adapter, adapters[0])) CheckPaths(adapter, layers.Keys);
            foreach (var (path, layer) in adapter.Layers) CheckLayer(adapter, layers.TryAdd(path, layer) ? layer : layers[path], layer);
        }
        if (!anyBase) CheckBases();
        Layers = [.. layers.Values];
    }

    /// <summary>The layers that any adapter changes, in ordinal order of their paths; ranks and scalings are those of the first that does.</summary>
    public IReadOnlyList<AdapterLayer> Layers { get; }

    /// <summary>The base model that the adapters name; null where none does.</summary>
    public string? BaseModel => adapters.Select(adapter => adapter.BaseModel).FirstOrDefault(name => name is not null);

    /// <summary>The revision of that model, where all that name one name the same.</summary>
    public string? Revision => adapters.Select(adapter => adapter.Revision).OfType<string>().Distinct().ToArray() is [var only] ? only : null;

    /// <summary>The fingerprint of that model, where all that know it agree; null where none does or they do not.</summary>
    public string? BaseFingerprint => adapters.Select(adapter => adapter.BaseFingerprint).OfType<string>().ToArray() is [var first, .. var others]
        && !others.Any(other => LoraComposition.BaseFingerprint.Contradict(first, other)) ? first : null;

    /// <summary>Reads what is well-formed but hardly meant: an adapter whose update is zero in every layer, and one file under several names.</summary>
    /// <returns>The sentences; empty where nothing is odd. What was odd about each adapter's files is in <see cref="AdapterFile.Warnings"/>.</returns>
    /// <exception cref="AdapterException">A file was changed since it was opened, or holds NaN or infinite numbers.</exception>
    public IReadOnlyList<string> ReadWarnings() =>
        [.. SameFile.Warnings(adapters.Zip(Fingerprints(), (adapter, fingerprint) => (adapter.Name, (string?)fingerprint))), .. adapters.Select(adapter => adapter.ReadZeroWarning()).OfType<string>()];

    /// <summary>Composes one layer.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <returns>The composed update. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The method cannot compose these updates; the message names the layer and the adapter.</exception>
    /// <exception cref="AdapterException">A file was changed since it was opened, or holds NaN or infinite numbers.</exception>
    /// <exception cref="NonFiniteException">The composed update is NaN or infinite.</exception>
    public LayerUpdate Merge(string layer) => method.Merge(LayerAt(layer));

    /// <summary>Composes one layer into two factors: exactly where the rank allows it.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="compression">How far to compress; null: not where the update is in factors, else to the sum of the adapters' ranks.</param>
    /// <param name="report">The rank, and what the compression lost.</param>
    /// <returns>The update. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The method cannot compose these updates; the message names the layer and the adapter.</exception>
    /// <exception cref="AdapterException">A file was changed since it was opened, or holds NaN or infinite numbers.</exception>
    /// <exception cref="NonFiniteException">The composed update is NaN or infinite.</exception>
    public LoraDelta ToDelta(string layer, RankTarget? compression, out LayerCompression report)
    {
        var updates = LayerAt(layer);
        using var merged = method.Merge(updates);
        long full = Math.Min(updates.OutFeatures, updates.InFeatures);
        var target = compression ?? (merged.IsFactored || updates.TotalRank >= full ? null : RankTarget.Rank((int)updates.TotalRank));
        if (target is null)
        {
            report = new LayerCompression(layer, merged.Rank, merged.Rank, 1, 0);
            return merged.ToDelta();
        }
        using var compressed = merged.Compress(target);
        report = new LayerCompression(layer, merged.Rank, compressed.Rank, compressed.RetainedEnergy, compressed.RelativeError);
        return compressed.Delta.Clone();
    }

    /// <summary>Composes every layer and writes the result in the layout of the adapters, whole or not at all.</summary>
    /// <param name="folder">The folder; it is created where it is missing. In another layout than PEFT's it may be the path of a <c>.safetensors</c>
    /// file.</param>
    /// <param name="options">Compression, type, and what becomes of modules that were saved whole; defaults where not given.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many layers are composed.</param>
    /// <param name="cancellation">Stops between two layers; nothing is written then.</param>
    /// <returns>The rank of each layer, and what compressing it lost.</returns>
    /// <exception cref="ArgumentException">The method cannot compose these adapters, a number is too large for the type, or an option is not valid.</exception>
    /// <exception cref="AdapterException">The adapters saved different modules whole, or a file cannot be read.</exception>
    /// <exception cref="NonFiniteException">A composed update is NaN or infinite.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<LayerCompression> Save(string folder, AdapterMergeOptions? options = null, ILogger? logger = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new AdapterMergeOptions();
        options.Validate();
        var keeper = SavedModuleChoice.Keeper(adapters, options);
        using var writer = new AdapterFileWriter(folder, new AdapterSaveOptions { Dtype = options.Dtype }, adapters[0].Layout);
        var report = new List<LayerCompression>(Layers.Count);
        foreach (var layer in Layers)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var delta = ToDelta(layer.Path, options.Compression, out var compression);
            writer.Add(layer.Path, delta, layer.Kind);
            report.Add(compression);
            progress?.Report(new(report.Count, Layers.Count));
        }
        foreach (var saved in keeper?.Saved.Values ?? [])
        {
            using var tensor = keeper!.ReadSaved(saved.Name);
            writer.AddSaved(saved.Name, saved.Module, tensor);
        }
        writer.Complete(BaseModel, Revision, ToProvenance(), keeper?.ClassNames, BaseFingerprint, cancellation);
        (logger ?? NullLogger.Instance).AdaptersMerged(adapters.Count, report.Count, method.ToString(), folder);
        return report;
    }

    /// <summary>How what is composed came about: the method with its settings, and each adapter with its fingerprint and weights.</summary>
    /// <returns>The provenance that <see cref="Save"/> writes.</returns>
    /// <exception cref="AdapterException">A file was changed since it was opened.</exception>
    public AdapterProvenance ToProvenance()
    {
        var byLayer = Layers.Select(layer => (layer.Path, Weights: weights?.Invoke(layer.Path))).ToArray();
        string[] fingerprints = Fingerprints();
        return method.ToProvenance(adapters.Select((adapter, n) =>
            AdapterSource.Of(adapter.Name, fingerprints[n], [.. byLayer.Select(layer => KeyValuePair.Create(layer.Path, layer.Weights?[n] ?? 1))])));
    }

    /// <summary>The fingerprint of each adapter's file; what nobody asked for before is computed on all cores.</summary>
    string[] Fingerprints() => Task.WhenAll(adapters.Select(adapter => Task.Run(() => adapter.Fingerprint))).GetAwaiter().GetResult();

    MergeLayer LayerAt(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        AdapterLayer?[] layers = [.. adapters.Select(adapter => adapter.Layers.GetValueOrDefault(path))];
        return new MergeLayer(path, [.. layers.Select(layer => layer is null ? default((long, long, long)?) : (layer.OutFeatures, layer.InFeatures, layer.Rank))],
            layers.Any(layer => layer?.Dtype == ScalarType.Float64) ? ScalarType.Float64 : ScalarType.Float32, n => adapters[n].Read(path), weights?.Invoke(path),
            [.. adapters.Select(adapter => adapter.Name)]);
    }

    void CheckPaths(AdapterFile adapter, ICollection<string> known)
    {
        var layout = adapters[0].Layout;
        if (adapter.Layout != layout)
            throw new AdapterException(adapter.WeightsPath,
                $"none of its layers can be compared with the adapters' before it: it is spelled as {adapter.Layout} does it, they as {layout} does it. Save all in one spelling with the program that wrote them.");
        // A component whose layers are all other ones has two names for each: kohya's file may be in the names of two programs.
        var others = known.GroupBy(layout.Component).ToDictionary(part => part.Key, part => part.First());
        if (adapter.Layers.Keys.GroupBy(layout.Component).FirstOrDefault(part => others.ContainsKey(part.Key) && !part.Any(known.Contains)) is { } strange)
            throw Strange(strange.Key.Length > 0 ? $" in '{strange.Key}'" : "", strange.First(), others[strange.Key]);
        if (!adapter.Layers.Keys.Any(known.Contains)) throw Strange("", adapter.Layers.Keys.First(), known.First());

        AdapterException Strange(string where, string here, string there) => new(adapter.WeightsPath,
            $"none of its layers{where} is one of the adapters' before it: '{here}' here, '{there}' there; they are for different models, or spell the layers differently, so compose them with --base.");
    }

    static void CheckLayer(AdapterFile adapter, AdapterLayer first, AdapterLayer layer)
    {
        if (layer.Kind != first.Kind)
            throw new AdapterException(adapter.WeightsPath, $"layer '{layer.Path}' is of kind {layer.Kind}, expected {first.Kind} as in the adapters before it.");
        if ((layer.OutFeatures, layer.InFeatures) != (first.OutFeatures, first.InFeatures))
            throw new AdapterException(adapter.WeightsPath,
                $"layer '{layer.Path}': its update is [{layer.OutFeatures}, {layer.InFeatures}], expected [{first.OutFeatures}, {first.InFeatures}] as in the adapters before it; they are for different models, so leave it out.");
    }

    void CheckBases()
    {
        // What the weights tell counts more than names, of which one model may have several.
        var known = adapters.Where(adapter => adapter.BaseFingerprint is not null).ToArray();
        if (known.FirstOrDefault(adapter => LoraComposition.BaseFingerprint.Contradict(adapter.BaseFingerprint!, known[0].BaseFingerprint!)) is { } strange)
            throw new AdapterException(strange.WeightsPath,
                $"the adapter was trained on other weights than adapter '{known[0].Name}', by the fingerprints of their base models in the files; updates of different models do not add up. Leave one out, or give --any-base to compose them all the same.");
        var named = adapters.Where(adapter => adapter.BaseModel is not null && (adapter.BaseFingerprint is null || adapter == known[0])).ToArray();
        if (named.FirstOrDefault(adapter => !ModelName.IsAlike(adapter.BaseModel!, named[0].BaseModel!)) is { } other)
            throw new AdapterException(other.WeightsPath,
                $"the adapter is for the base model '{other.BaseModel}', adapter '{named[0].Name}' for '{named[0].BaseModel}'; updates of different models do not add up. Leave one out, or give --any-base where it is one model under two names.");
    }
}

/// <summary>How merged adapters are written.</summary>
public sealed record AdapterMergeOptions
{
    /// <summary>How far each layer is compressed; null: not at all where its update is in factors, else to the sum of the adapters' ranks. Default null.</summary>
    public RankTarget? Compression { get; init; }

    /// <summary>The type of the numbers in the file; that of the computation where null. Default null.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>The name of the adapter whose saved modules, such as its head, the result gets; null: those that all adapters have alike. Default null.</summary>
    public string? SavedFrom { get; init; }

    /// <summary>Whether modules that were saved whole are left out. Default false: where the adapters' differ it is refused.</summary>
    public bool DropSaved { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">Saved modules shall both be taken and left out, or the type is not a floating one.</exception>
    public void Validate()
    {
        if (SavedFrom is not null && DropSaved) throw new ArgumentException("Saved modules are either taken from an adapter or left out, not both.");
        new AdapterSaveOptions { Dtype = Dtype }.Validate();
    }
}

/// <summary>What becomes of modules that were saved whole: they are one task's and are never averaged.</summary>
static class SavedModuleChoice
{
    /// <summary>The adapter whose saved modules are kept; null where none is.</summary>
    /// <exception cref="AdapterException">The adapters' saved modules differ and nothing says whose to keep.</exception>
    public static AdapterFile? Keeper(IReadOnlyList<AdapterFile> adapters, AdapterMergeOptions options)
    {
        if (options.SavedFrom is { } name)
        {
            var from = adapters.FirstOrDefault(adapter => adapter.Name == name)
                ?? throw new ArgumentException($"Saved modules shall come from adapter '{name}'; the adapters are {string.Join(", ", adapters.Select(adapter => $"'{adapter.Name}'"))}.", nameof(options));
            return from.Saved.Count > 0 ? from : throw new AdapterException(from.WeightsPath, $"adapter '{name}' saved no module whole.");
        }
        if (options.DropSaved || adapters.All(adapter => adapter.Saved.Count == 0)) return null;
        var first = adapters.First(adapter => adapter.Saved.Count > 0);
        foreach (var other in adapters.Where(adapter => adapter != first))
        {
            if (Difference(first, other) is not { } saved) continue;
            throw new AdapterException(other.WeightsPath,
                $"'{saved}', which was saved whole, is not the one of adapter '{first.Name}'; such modules are one task's and cannot be averaged: give --head {first.Name} to keep its ones, or --drop-saved.");
        }
        return first;
    }

    static string? Difference(AdapterFile first, AdapterFile other)
    {
        if (first.Saved.Keys.Except(other.Saved.Keys).Concat(other.Saved.Keys.Except(first.Saved.Keys)).FirstOrDefault() is { } alone) return alone;
        foreach (string name in first.Saved.Keys)
        {
            using var one = first.ReadSaved(name);
            using var two = other.ReadSaved(name);
            if (one.dtype != two.dtype || !one.shape.SequenceEqual(two.shape)) return name;
            using var equal = one.eq(two).all();
            if (!equal.item<bool>()) return name;
        }
        return null;
    }
}

/// <summary>What merging tells a logger.</summary>
static partial class MergeLog
{
    [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "Composed {Adapters} adapters on {Layers} layers by {Method} into '{Folder}'")]
    public static partial void AdaptersMerged(this ILogger logger, int adapters, int layers, string method, string folder);
}
