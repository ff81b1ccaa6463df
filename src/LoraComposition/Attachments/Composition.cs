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
/// <example>
/// <code>
/// using var composition = Composition.AttachLearned(model, modules);
/// using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.05, weight_decay: 0.01);
/// for (int step = 0; step &lt; 60; step++)
/// {
///     using var scope = NewDisposeScope();
///     var loss = nn.functional.cross_entropy(model.call(images), labels);
///     optimizer.zero_grad();
///     loss.backward();
///     optimizer.step();
/// }
///
/// foreach (var (site, weights) in composition.ReadWeights()) Console.WriteLine($"{site.Path}: {string.Join(", ", weights.Select(w =&gt; w.ToString("F2")))}");
/// </code>
/// </example>
public sealed partial class Composition : Attachment<LoraComposer>
{
    readonly IReadOnlyList<string?> fingerprints;
    readonly AdapterProvenance? merged;

    Composition(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyDictionary<AdapterSite, LoraDelta?[]> match, Func<AdapterSite, Linear,
        IReadOnlyList<LoraDelta?>, LoraComposer> make, bool trainHead, ILogger? logger)
        : base(model, match.Keys.ToArray(), (site, layer) => make(site, layer, match[site]), trainHead, head: null, logger)
    {
        // The mean of one adapter that is a composition itself is that composition.
        (AdapterNames, fingerprints, merged) = (adapters.Select(a => a.Name).ToArray(), adapters.Select(a => a.Fingerprint).ToArray(),
            adapters is [{ Fingerprint: null, Provenance: { } own }] ? own : null);
        WeightGroup.Link(Layers.Select(attached => attached.Layer).OfType<VectorComposer>());
    }

    /// <summary>The names of the adapters, in the order of the weights.</summary>
    public IReadOnlyList<string> AdapterNames { get; }

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
    /// <param name="head">A head to go along, for example the one that was saved with one of the modules; copied. Default null: that of the model where it is trained
    /// too, else none.</param>
    /// <returns>A copy, with the modules and their weights as its provenance. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    /// <exception cref="NonFiniteException">An adapter's update times its weight is not finite; the message names both.</exception>
    public LoraAdapter ToAdapter(string name, ModuleSpelling spelling = ModuleSpelling.Transformers5, SavedHead? head = null)
    {
        var exported = Export(name, spelling, layer => layer.ToDelta(), ToProvenance(spelling), head);
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
        if (merged is not null && weights.All(layer => layer.Weights[0] == 1)) return residual ? merged with { Method = merged.Method + "+lora" } : merged;
        return new AdapterProvenance
        {
            Method = string.Join("+", residual ? methods.Append("lora") : methods),
            Sources = [.. AdapterNames.Select((name, n) => Source(name, fingerprints[n], n, weights, spelling))]
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(Composition)} of {string.Join(", ", AdapterNames.Select(name => $"'{name}'"))}";

    internal static AdapterSource Source(string name, string? fingerprint, int n, IReadOnlyList<(AdapterSite Site, double[] Weights)> weights, ModuleSpelling spelling) =>
        AdapterSource.Of(name, fingerprint, [.. weights.Select(layer => KeyValuePair.Create(layer.Site.PathIn(spelling), layer.Weights[n]))]);

    sealed class FixedWeights(IReadOnlyList<LoraComposer> layers) : IDisposable
    {
        public void Dispose()
        {
            foreach (var layer in layers) layer.ReleaseWeights();
        }
    }
}
