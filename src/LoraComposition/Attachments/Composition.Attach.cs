using System.Diagnostics.CodeAnalysis;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;

namespace LoraComposition;

// The ways to put a composition on a model.
public sealed partial class Composition
{
    /// <summary>Composes uniformly: the mean of the updates. Nothing to train.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. A layer that some of them leave alone counts as an update of zero for
    /// those.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static Composition AttachUniform(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, bool trainHead = false, ILogger? logger = null) =>
        Attach(model, adapters, (_, layer, modules) => new UniformComposer(layer, modules), trainHead, logger);

    /// <summary>Composes with learned weights: one softmax vector per layer.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. A layer that some of them leave alone counts as an update of zero for
    /// those.</param>
    /// <param name="initial">Where v starts at each layer path, N numbers each; zero, the uniform composition, for layers not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">A start has another length than there are adapters, it names a layer that none adapts, or the head shall train and
    /// there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachLearned(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyDictionary<string,
        IReadOnlyList<double>>? initial = null, bool trainHead = false, ILogger? logger = null)
    {
        var unused = initial?.Keys.ToHashSet() ?? [];
        var composition = Attach(model, adapters, (site, layer, modules) =>
        {
            unused.Remove(site.Path);
            return new LearnedComposer(layer, modules, initial?.GetValueOrDefault(site.Path));
        }, trainHead, logger);
        if (unused.Count == 0) return composition;
        composition.Dispose();
        throw new ArgumentException($"A start of v is given for '{unused.First()}', which no adapter changes.", nameof(initial));
    }

    /// <summary>Composes with learned weights that start where another composition's are, for example one that was saved: v starts at log w.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules, in any order; copied, so they can be disposed afterwards.</param>
    /// <param name="start">The weights by adapter name and layer path, in either spelling; at each layer they must be positive and sum to 1, as a softmax gives
    /// them.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">
    /// The weights are for other adapters or layers or no softmax gives them, or the head shall train and there is none, or it is adapted.
    /// </exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachLearned(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, CompositionWeights start, bool trainHead = false,
        ILogger? logger = null) =>
        Attach(model, adapters, start, (site, layer, modules) => new LearnedComposer(layer, modules, start.LogitsAt(site, adapters)), trainHead, logger);

    /// <summary>Composes with learned softmax weights, one vector for each group of layers that shares it.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. A layer that some of them leave alone counts as an update of zero for
    /// those.</param>
    /// <param name="sharing">Which layers share a vector.</param>
    /// <param name="start">The weights that every vector starts from, N positive numbers that sum to 1; uniform where not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The start is no softmax of N numbers, or the head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachLearned(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, WeightSharing sharing,
        IReadOnlyList<double>? start = null, bool trainHead = false, ILogger? logger = null)
    {
        var initial = start is null ? null : CompositionWeights.Logits(start);
        return AttachShared(model, adapters, sharing, (layer, modules, first) => first is null
            ? new LearnedComposer(layer, modules, initial) : new LearnedComposer(layer, modules, (LearnedComposer)first), trainHead, logger);
    }

    /// <summary>Composes with learned coefficients that are free: they may be negative and need not sum to one.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. A layer that some of them leave alone counts as an update of zero for
    /// those.</param>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="start">The coefficients that every vector starts from, N numbers; all 1/N where not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The start is not N finite numbers, or the head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static Composition AttachUnconstrained(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, WeightSharing? sharing = null,
        IReadOnlyList<double>? start = null, bool trainHead = false, ILogger? logger = null) =>
        AttachShared(model, adapters, sharing ?? WeightSharing.None, (layer, modules, first) => first is null
            ? new UnconstrainedComposer(layer, modules, start) : new UnconstrainedComposer(layer, modules, (UnconstrainedComposer)first), trainHead, logger);

    /// <summary>Composes with given weights, the same at every layer.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards.</param>
    /// <param name="weights">One real number per adapter.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">There are more or fewer weights than adapters, one is not finite in float32, or the head shall train and there is
    /// none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachWeighted(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyList<double> weights, bool trainHead = false,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentNullException.ThrowIfNull(weights);
        foreach (var (adapter, weight) in adapters.Zip(weights)) CompositionWeights.CheckFinite(weight, $"The weight of adapter '{adapter.Name}'");
        return Attach(model, adapters, (_, layer, modules) => new WeightedComposer(layer, modules, weights), trainHead, logger);
    }

    /// <summary>Composes with given weights for each layer, for example those that a learned composition found.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules, in any order; copied, so they can be disposed afterwards.</param>
    /// <param name="weights">The weights by adapter name and layer path, in either spelling.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The weights are for other adapters or layers, one is not finite in float32, or the head shall train and there is
    /// none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachWeighted(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, CompositionWeights weights, bool trainHead = false,
        ILogger? logger = null) =>
        Attach(model, adapters, weights, (site, layer, modules) => new WeightedComposer(layer, modules, weights.At(site, adapters)), trainHead, logger);

    /// <summary>Composes by a merge method, from the modules alone: at each layer stands the update that it makes, fixed.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. A layer that some of them leave alone counts as an update of zero for
    /// those.</param>
    /// <param name="method">The method.</param>
    /// <param name="weights">What each module's updates are multiplied with before the method sees them; 1 where not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition, of one adapter that the method made. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The method cannot compose these adapters, there are more or fewer weights than adapters, one is not finite in float32,
    /// or the head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="NonFiniteException">A composed update is NaN or infinite.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachMerged(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod method, IReadOnlyList<double>? weights = null,
        bool trainHead = false, ILogger? logger = null) => AttachMerged(model, adapters, method, _ => weights, trainHead, logger);

    /// <summary>Composes by a merge method that sees each module's updates times a weight of each layer.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules, in any order; copied, so they can be disposed afterwards.</param>
    /// <param name="method">The method.</param>
    /// <param name="weights">The weights by adapter name and layer path, in either spelling.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition, of one adapter that the method made. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The method cannot compose these adapters, the weights are for other adapters or layers, or the head shall train and
    /// there is none, or it is adapted.</exception>
    /// <exception cref="NonFiniteException">A composed update is NaN or infinite.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public static Composition AttachMerged(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod method, CompositionWeights weights,
        bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentNullException.ThrowIfNull(weights);
        weights.CheckAgainst(adapters, AdapterMatch.Resolve(model, adapters, logger: null).Keys);
        return AttachMerged(model, adapters, method, site => weights.At(site, adapters), trainHead, logger);
    }

    static Composition AttachMerged(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod method, Func<AdapterSite, IReadOnlyList<double>?> weights,
        bool trainHead, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentNullException.ThrowIfNull(method);
        var match = AdapterMatch.Resolve(model, adapters, logger);
        var layers = new List<KeyValuePair<string, LoraDelta>>(match.Count);
        try
        {
            foreach (var (site, updates) in match)
            {
                using var update = method.Merge(LayerOf(site, updates));
                layers.Add(new(site.Path, update.ToDelta()));
            }
            var given = match.Keys.Select(site => (Site: site, Weights: weights(site)?.ToArray() ?? [.. Enumerable.Repeat(1.0, adapters.Count)])).ToArray();
            using var merged = new LoraAdapter(method.ToString(), layers, model.BaseModelName)
            {
                Provenance = method.ToProvenance(adapters.Select((adapter, n) => Source(adapter.Name, adapter.Fingerprint, n, given, ModuleSpelling.Transformers5))),
            };
            var only = match.Keys.ToDictionary(site => site, site => new LoraDelta?[] { merged.Layers[site.Path] });
            return new Composition(model, [merged], only, (_, layer, modules) => new UniformComposer(layer, modules), trainHead, logger);
        }
        catch
        {
            foreach (var (_, delta) in layers) delta.Dispose();
            throw;
        }

        // By the path of the file, so that what is drawn at random is what it is without a model.
        MergeLayer LayerOf(AdapterSite site, LoraDelta?[] updates) =>
            new(updates.First(update => update is not null)!.Place?.Layer ?? site.Path, updates, weights(site), [.. adapters.Select(adapter => adapter.Name)]);
    }

    /// <summary>Composes with a composer of one's own.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied by the composers.</param>
    /// <param name="make">Makes the composer of a place from its layer and the update of each adapter, null where an adapter leaves the layer alone.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, Func<AdapterSite, Linear, IReadOnlyList<LoraDelta?>,
        LoraComposer> make, bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        return new Composition(model, adapters, AdapterMatch.Resolve(model, adapters, logger), make, trainHead, logger);
    }

    static Composition AttachShared(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, WeightSharing sharing, Func<Linear, IReadOnlyList<LoraDelta?>,
        VectorComposer?, VectorComposer> make, bool trainHead, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(sharing);
        var first = new Dictionary<string, VectorComposer>(StringComparer.Ordinal);
        return Attach(model, adapters, (site, layer, modules) =>
        {
            string group = sharing.GroupOf(site);
            var composer = make(layer, modules, first.GetValueOrDefault(group));
            first.TryAdd(group, composer);
            return composer;
        }, trainHead, logger);
    }

    /// <summary>Attaches composers that read weights of each layer; none may be left over.</summary>
    static Composition Attach(
        IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, CompositionWeights weights, Func<AdapterSite, Linear, IReadOnlyList<LoraDelta?>,
            LoraComposer> make, bool trainHead, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var composition = Attach(model, adapters, make, trainHead, logger);
        try
        {
            weights.CheckAgainst(adapters, composition.Layers.Select(l => l.Site));
            return composition;
        }
        catch
        {
            composition.Dispose();
            throw;
        }
    }
}
