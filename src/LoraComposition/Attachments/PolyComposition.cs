using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>N adapters composed on a model by Poly or MHR: at each layer that they adapt stands a composer that mixes their factors by a learned selector.</summary>
/// <remarks>
/// All adapters must adapt the same layers with one rank. In evaluation the composed model can be used from several threads at once. Training, attaching,
/// detaching, merging and moving need it for themselves. Owns the composers, never the model; disposing it detaches.
/// </remarks>
public sealed class PolyComposition : Attachment<PolyComposer>
{
    readonly IReadOnlyList<string?> fingerprints;

    PolyComposition(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyDictionary<AdapterSite, LoraDelta?[]> match, int heads, bool trainHead, ILogger? logger)
        : base(model, match.Keys.ToArray(), (site, layer) => new PolyComposer(layer, match[site], heads), trainHead, head: null, logger) =>
        (AdapterNames, fingerprints, Heads) = (adapters.Select(a => a.Name).ToArray(), adapters.Select(a => a.Fingerprint).ToArray(), heads);

    /// <summary>The names of the adapters, in the order of the selector's columns.</summary>
    public IReadOnlyList<string> AdapterNames { get; }

    /// <summary>The number of heads; 1 is Poly.</summary>
    public int Heads { get; }

    /// <summary>Composes by Poly (arXiv:2202.13914), or with several heads by MHR (arXiv:2211.03831); the selectors start at the mean of the factors.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards.</param>
    /// <param name="heads">The parts of each layer that are selected for apart; they divide its inputs and outputs. Default 1, which is Poly.</param>
    /// <param name="trainHead">Whether the model's classification head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was matched, attached, merged and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The adapters differ in their layers or ranks, the heads do not divide a layer, or the model's head shall train and there is none, or it is
    /// adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static PolyComposition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, int heads = 1, bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        return new PolyComposition(model, adapters, AdapterMatch.Resolve(model, adapters, logger), heads, trainHead, logger);
    }

    /// <summary>The present weight of every module's factors at every layer, the mean over the heads.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two adapters have one name.</exception>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public CompositionWeights ToWeights() => new(AdapterNames, ReadWeights().Select(w => KeyValuePair.Create(w.Site.Path, (IReadOnlyList<double>)w.Weights)),
        Layers.Select(l => KeyValuePair.Create(l.Site.Path, l.Site.Role)));

    /// <summary>The present composition as one exact adapter of the modules' rank. The head goes along where it is trained too.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="spelling">Whose names its file uses.</param>
    /// <returns>A copy, with the modules and their mean weights as its provenance. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    /// <exception cref="NonFiniteException">A mixed factor is not finite; the message names the layer.</exception>
    public LoraAdapter ToAdapter(string name, ModuleSpelling spelling = ModuleSpelling.Transformers5)
    {
        RequireAttached();
        var weights = ReadWeights();
        var exported = Export(name, spelling, layer => layer.ToDelta(), new AdapterProvenance
        {
            Method = Heads == 1 ? "poly" : "mhr",
            Settings = Heads == 1 ? new Dictionary<string, double>() : new Dictionary<string, double> { ["heads"] = Heads },
            Sources = [.. AdapterNames.Select((adapter, n) => Composition.Source(adapter, fingerprints[n], n, weights, spelling))],
        });
        foreach (var (layer, delta) in exported.Layers)
        {
            if (FiniteNumbers.AreAll(delta.A) && FiniteNumbers.AreAll(delta.B)) continue;
            exported.Dispose();
            throw new NonFiniteException($"Layer '{layer}': the mixed factors are NaN or infinite; check the adapters, or lower the learning rate.");
        }
        return exported;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(PolyComposition)} of {string.Join(", ", AdapterNames.Select(name => $"'{name}'"))}";

    List<(AdapterSite Site, double[] Weights)> ReadWeights()
    {
        RequireAttached();
        using var noGrad = no_grad();
        var read = new List<(AdapterSite, double[])>(Layers.Count);
        foreach (var (site, layer) in Layers)
        {
            using var scope = NewDisposeScope();
            read.Add((site, layer.Weights().to(ScalarType.Float64).mean([0]).cpu().data<double>().ToArray()));
        }
        return read;
    }
}
