using System.Diagnostics.CodeAnalysis;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>N adapters composed on a model: at each layer that any of them adapts stands a composer (arXiv:2402.15414, section 4).</summary>
/// <remarks>
/// In evaluation the composed model can be used from several threads at once, from the first forward pass on. Training, attaching, detaching, merging,
/// moving, and fixing and releasing the weights need it for themselves. Owns the composers, never the model; disposing it detaches.
/// </remarks>
public sealed class Composition : Attachment<LoraComposer>
{
    readonly IReadOnlyList<string?> fingerprints;

    Composition(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyDictionary<AdapterSite, LoraDelta?[]> match, Func<AdapterSite, Linear,
        IReadOnlyList<LoraDelta?>, LoraComposer> make, bool trainHead, ILogger? logger)
        : base(model, match.Keys.ToArray(), (site, layer) => make(site, layer, match[site]), trainHead, head: null, logger) =>
        (AdapterNames, fingerprints) = (adapters.Select(a => a.Name).ToArray(), adapters.Select(a => a.Fingerprint).ToArray());

    /// <summary>The names of the adapters, in the order of the weights.</summary>
    public IReadOnlyList<string> AdapterNames { get; }

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

    /// <summary>
    /// Adds a fresh LoRA to every composed layer, to be trained on top of the composition. It starts as nothing; its ranks add to those of an exported adapter.
    /// </summary>
    /// <param name="options">Rank, alpha and dropout; defaults where not given.</param>
    /// <param name="seed">The seed of the random start.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more, or there is a residual LoRA already.</exception>
    public void AddResidual(LoraOptions? options = null, long seed = 0)
    {
        RequireAttached();
        options ??= new LoraOptions();
        options.Validate();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (_, layer) in Layers) layer.AddResidual(options, generator);
    }

    /// <summary>The parameters of the residual LoRA, which are among those that train; none without it.</summary>
    /// <returns>A and B of each layer. Owned by the layers.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public IReadOnlyList<Parameter> ResidualParameters()
    {
        RequireAttached();
        return [.. Layers.SelectMany(l => l.Layer.ResidualParameters)];
    }

    /// <summary>Reads the present weight of every module at every layer.</summary>
    /// <returns>By layer path, in the order of the forward pass: N weights in the order of <see cref="AdapterNames"/>.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public IReadOnlyList<(AdapterSite Site, double[] Weights)> ReadWeights()
    {
        RequireAttached();
        using var noGrad = no_grad();
        var read = new List<(AdapterSite, double[])>();
        foreach (var (site, layer) in Layers)
        {
            layer.ThrowBackwardFailure();
            using var scope = NewDisposeScope();
            read.Add((site, layer.Weights().to(ScalarType.Float64).cpu().data<double>().ToArray()));
        }
        return read;
    }

    /// <summary>The present weights by adapter name and layer path, to save or to use again.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two adapters have one name.</exception>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public CompositionWeights ToWeights() => new(AdapterNames, ReadWeights().Select(w => KeyValuePair.Create(w.Site.Path, (IReadOnlyList<double>)w.Weights)),
        Layers.Select(l => KeyValuePair.Create(l.Site.Path, l.Site.Role)));

    /// <summary>
    /// Computes the merged weight of every layer once and evaluates with it until the result is disposed: the forward pass then costs what the
    /// plain model's does. No gradient reaches the weights in that time, and changes of them are not seen. A 16-bit layer, whose merged weight would
    /// lose small updates, keeps the weights of its modules in place of it, and gives exactly what it gives without.
    /// </summary>
    /// <remarks>No forward pass may run while the weights are fixed or released. Between, any number of threads may.</remarks>
    /// <returns>The caller owns it, and disposes it to go on training.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public IDisposable FixWeights()
    {
        RequireAttached();
        foreach (var (_, layer) in Layers) layer.FixWeights();
        return new FixedWeights(Layers.Select(l => l.Layer).ToArray());
    }

    /// <summary>
    /// The present composition as one exact adapter: the stacked factors, weighted; its rank is the sum of the modules' ranks, and of the residual LoRA's. The head goes along where it is
    /// trained too.
    /// </summary>
    /// <param name="name">What to call it.</param>
    /// <param name="spelling">Whose names its file uses.</param>
    /// <returns>A copy, with the modules and their weights as its provenance. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    /// <exception cref="NonFiniteException">An adapter's update times its weight is not finite; the message names both.</exception>
    public LoraAdapter ToAdapter(string name, ModuleSpelling spelling = ModuleSpelling.Transformers5)
    {
        var exported = Export(name, spelling, layer => layer.ToDelta(), ToProvenance(spelling));
        foreach (var (site, layer) in Layers)
        {
            if (layer.NonFiniteModule(exported.Layers[site.PathIn(spelling)]) is not { } module) continue;
            exported.Dispose();
            if (module == AdapterNames.Count) throw new NonFiniteException($"Layer '{site.Path}': the LoRA trained on top is NaN or infinite; lower its learning rate.");
            double weight = ReadWeights().First(read => read.Site == site).Weights[module];
            throw new NonFiniteException($"Layer '{site.Path}': the update of adapter '{AdapterNames[module]}' times its weight {weight} is NaN or infinite; give it a smaller weight, or check the adapter.");
        }
        return exported;
    }

    /// <summary>What is composed, and how: the method, and each adapter with its fingerprint and present weights.</summary>
    /// <param name="spelling">Whose names of the layers to use.</param>
    /// <returns>The provenance that <see cref="ToAdapter"/> writes.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public AdapterProvenance ToProvenance(ModuleSpelling spelling = ModuleSpelling.Transformers5)
    {
        RequireAttached();
        const string Suffix = "Composer";
        var methods = Layers.Select(l => l.Layer.GetType().Name).Distinct()
            .Select(type => (type.EndsWith(Suffix, StringComparison.Ordinal) ? type[..^Suffix.Length] : type).ToLowerInvariant());
        var weights = ReadWeights();
        bool residual = Layers.Any(l => l.Layer.HasResidual);
        return new AdapterProvenance
        {
            Method = string.Join("+", residual ? methods.Append("lora") : methods),
            Sources = [.. AdapterNames.Select((name, n) => Source(name, fingerprints[n], n, weights, spelling))]
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(Composition)} of {string.Join(", ", AdapterNames.Select(name => $"'{name}'"))}";

    static AdapterSource Source(string name, string? fingerprint, int n, IReadOnlyList<(AdapterSite Site, double[] Weights)> weights, ModuleSpelling spelling) =>
        weights.Select(layer => layer.Weights[n]).Distinct().ToArray() is [var same]
            ? new AdapterSource { Name = name, Fingerprint = fingerprint, Weight = same }
            : new AdapterSource
            {
                Name = name,
                Fingerprint = fingerprint,
                LayerWeights = weights.ToDictionary(layer => layer.Site.PathIn(spelling), layer => layer.Weights[n])
            };

    sealed class FixedWeights(IReadOnlyList<LoraComposer> layers) : IDisposable
    {
        public void Dispose()
        {
            foreach (var layer in layers) layer.ReleaseWeights();
        }
    }
}
