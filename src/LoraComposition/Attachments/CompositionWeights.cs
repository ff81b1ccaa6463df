using LoraComposition.Models;

namespace LoraComposition;

/// <summary>The weight of every adapter at every layer of a composition: what a learned composition found, as numbers to keep, read or use again.</summary>
/// <remarks>Immutable.</remarks>
/// <example>
/// <code>
/// using (var composition = Composition.AttachLearned(model, modules))
/// {
///     // … train …
///     composition.ToWeights().Save("weights.json");
/// }
///
/// using var same = Composition.AttachWeighted(model, modules, CompositionWeights.Load("weights.json"));
/// </code>
/// </example>
public sealed class CompositionWeights
{
    const double SumTolerance = 1e-6;
    readonly OrderedDictionary<string, IReadOnlyList<double>> layers;

    /// <summary>Holds the given weights.</summary>
    /// <param name="adapterNames">The names of the adapters.</param>
    /// <param name="layers">For each layer path one weight per adapter, in the order of the names.</param>
    /// <param name="roles">What the layers do, by path; nothing where it is not known.</param>
    /// <exception cref="ArgumentException">
    /// There is no adapter or layer, a name occurs twice, a layer has another number of weights or one that is not finite, or a role is given for another layer.
    /// </exception>
    public CompositionWeights(IReadOnlyList<string> adapterNames, IEnumerable<KeyValuePair<string, IReadOnlyList<double>>> layers,
        IEnumerable<KeyValuePair<string, LinearRole>>? roles = null)
    {
        ArgumentNullException.ThrowIfNull(adapterNames);
        ArgumentNullException.ThrowIfNull(layers);
        if (adapterNames.Count == 0) throw new ArgumentException("Expected at least one adapter.");
        if (adapterNames.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Two adapters are called '{twice.Key}'; weights are kept by name.");
        AdapterNames = [.. adapterNames];
        this.layers = new OrderedDictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        foreach (var (path, weights) in layers)
        {
            if (weights.Count != adapterNames.Count)
                throw new ArgumentException($"Layer '{path}': expected {adapterNames.Count} weights, one per adapter, found {weights.Count}.");
            if (!weights.All(double.IsFinite)) throw new ArgumentException($"Layer '{path}': expected finite weights.");
            if (!this.layers.TryAdd(path, [.. weights])) throw new ArgumentException($"Layer '{path}' is named twice.");
        }
        if (this.layers.Count == 0) throw new ArgumentException("Expected the weights of at least one layer.");
        Roles = new Dictionary<string, LinearRole>(roles ?? [], StringComparer.Ordinal);
        if (Roles.Keys.FirstOrDefault(path => !this.layers.ContainsKey(path)) is { } unknown)
            throw new ArgumentException($"A role is given for the layer '{unknown}', which has no weights.");
    }

    /// <summary>The names of the adapters, in the order of each layer's weights.</summary>
    public IReadOnlyList<string> AdapterNames { get; }

    /// <summary>
    /// One weight per adapter for each layer path: in the order of the forward pass as a composition gives them, in ordinal order of the paths as a file does.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Layers => layers;

    /// <summary>What each layer does, by its path: of every layer as a composition gives them, of none as a file does.</summary>
    public IReadOnlyDictionary<string, LinearRole> Roles { get; }

    /// <summary>Reads weights that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The JSON file.</param>
    /// <returns>The weights.</returns>
    /// <exception cref="ModelFileException">The file is missing, too long, not valid JSON or of another form; the message names file, layer, expected and
    /// found.</exception>
    public static CompositionWeights Load(string path) => CompositionWeightsFile.Read(path);

    /// <summary>Writes the weights as a JSON file, whole or not at all; the same weights give the same bytes.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Save(string path) => CompositionWeightsFile.Write(this, path);

    /// <summary>The weights of the layer at a site, in the order of some adapters.</summary>
    /// <exception cref="ArgumentException">The layer or an adapter is not named here, or a weight is beyond float32.</exception>
    internal IReadOnlyList<double> At(AdapterSite site, IReadOnlyList<LoraAdapter> adapters)
    {
        var given = site.Names.Select(name => layers.GetValueOrDefault(name.Name)).FirstOrDefault(found => found is not null)
            ?? throw new ArgumentException($"The weights of layer '{site.Path}' are missing; weights are given for {layers.Count} layers, the first is '{layers.Keys.First()}'.");
        double[] weights = [.. adapters.Select(adapter => given[Index(adapter.Name)])];
        foreach (var (adapter, weight) in adapters.Zip(weights)) CheckFinite(weight, $"Layer '{site.Path}': the weight of adapter '{adapter.Name}'");
        return weights;
    }

    /// <summary>The vector v of the layer at a site, whose softmax is the layer's weights: their logarithms.</summary>
    /// <exception cref="ArgumentException">The layer or an adapter is not named here, or the weights are no softmax.</exception>
    internal IReadOnlyList<double> LogitsAt(AdapterSite site, IReadOnlyList<LoraAdapter> adapters)
    {
        var weights = At(site, adapters);
        foreach (var (adapter, weight) in adapters.Zip(weights))
        {
            if (weight <= 0)
                throw new ArgumentException($"Layer '{site.Path}': the weight of adapter '{adapter.Name}' is {weight}; learned weights must be positive, so attach these with AttachWeighted.");
        }
        return Math.Abs(weights.Sum() - 1) <= SumTolerance ? [.. weights.Select(weight => Math.Log(weight))]
            : throw new ArgumentException($"Layer '{site.Path}': the weights sum to {weights.Sum()}; learned weights must sum to 1, so attach these with AttachWeighted.");
    }

    /// <summary>The vector whose softmax some weights are.</summary>
    /// <exception cref="ArgumentException">They are no softmax.</exception>
    internal static IReadOnlyList<double> Logits(IReadOnlyList<double> weights) =>
        weights.All(weight => weight > 0) && Math.Abs(weights.Sum() - 1) <= SumTolerance ? [.. weights.Select(weight => Math.Log(weight))]
            : throw new ArgumentException($"Expected positive weights that sum to 1, found {string.Join(", ", weights)}.");

    /// <summary>Checks that the weights are for these adapters, in whatever order, and name no layer that none of them changes.</summary>
    /// <exception cref="ArgumentException">They are for others.</exception>
    internal void CheckAgainst(IReadOnlyList<LoraAdapter> adapters, IEnumerable<AdapterSite> sites)
    {
        foreach (var adapter in adapters) Index(adapter.Name);
        if (adapters.Count != AdapterNames.Count)
            throw new ArgumentException($"The weights are for the {AdapterNames.Count} adapters {string.Join(", ", AdapterNames)}; {adapters.Count} are given.");
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var site in sites)
        {
            // A layer's weights would be those of the one entry, and the other's would be lost.
            if (site.Names.Select(name => name.Name).Where(layers.ContainsKey).ToArray() is [var one, var two, ..])
                throw new ArgumentException($"One layer is named twice, as '{one}' and as '{two}', which are two spellings of it; take one of them out.");
            paths.UnionWith(site.Names.Select(name => name.Name));
        }
        if (layers.Keys.FirstOrDefault(path => !paths.Contains(path)) is { } unused)
            throw new ArgumentException($"Weights are given for the layer '{unused}', which no adapter changes.");
    }

    /// <summary>Checks that layers can compute with a weight.</summary>
    /// <exception cref="ArgumentException">They cannot.</exception>
    internal static void CheckFinite(double weight, string which)
    {
        if (!FiniteNumbers.IsWeight(weight))
            throw new ArgumentException($"{which} is {weight}, which is beyond float32, that layers compute in: expected a magnitude of at most {float.MaxValue:G3}.");
    }

    int Index(string adapter)
    {
        for (int i = 0; i < AdapterNames.Count; i++)
            if (AdapterNames[i] == adapter) return i;
        throw new ArgumentException($"The weights name no adapter '{adapter}', but {string.Join(", ", AdapterNames)}.");
    }
}
