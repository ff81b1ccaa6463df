namespace LoraComposition;

/// <summary>
/// Two adapters compared: layer by layer, and as one vector of all layers' numbers. A layer that only one of them adapts counts as zero in the other.
/// </summary>
/// <remarks>Immutable.</remarks>
public sealed class AdapterSimilarity
{
    AdapterSimilarity(IReadOnlyList<LayerSimilarity> layers) => Layers = layers;

    /// <summary>Every layer that at least one of the two adapts, in the ordinal order of the paths.</summary>
    public IReadOnlyList<LayerSimilarity> Layers { get; }

    /// <summary>The Frobenius norm of the first adapter's updates together.</summary>
    public double FirstNorm => Norm(layer => layer.FirstNorm);

    /// <summary>The Frobenius norm of the second adapter's updates together.</summary>
    public double SecondNorm => Norm(layer => layer.SecondNorm);

    /// <summary>The inner product of the two adapters' updates together.</summary>
    public double InnerProduct => Layers.Sum(layer => layer.InnerProduct);

    /// <summary>The cosine of the angle between the two adapters' updates together, from −1 to 1; 0 where one of them is zero.</summary>
    public double Cosine => DeltaGeometry.Cosine(InnerProduct, FirstNorm, SecondNorm);

    /// <summary>
    /// Compares two adapters. Layers are matched by their paths as they stand: adapters whose files spell the layers differently must be brought to one
    /// spelling first.
    /// </summary>
    /// <param name="first">The one adapter.</param>
    /// <param name="second">The other.</param>
    /// <returns>The comparison.</returns>
    /// <exception cref="ArgumentException">The two adapt one layer with other widths; the message names it.</exception>
    public static AdapterSimilarity Compute(LoraAdapter first, LoraAdapter second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var paths = first.Layers.Keys.Union(second.Layers.Keys).Order(StringComparer.Ordinal);
        return new AdapterSimilarity([.. paths.Select(path => Compare(path, first, second))]);
    }

    static LayerSimilarity Compare(string path, LoraAdapter first, LoraAdapter second)
    {
        var (a, b) = (first.Layers.GetValueOrDefault(path), second.Layers.GetValueOrDefault(path));
        if (a is not null && b is not null && (a.InFeatures != b.InFeatures || a.OutFeatures != b.OutFeatures))
            throw new ArgumentException($"Layer '{path}': adapter '{first.Name}' updates [{a.OutFeatures}, {a.InFeatures}], adapter '{second.Name}' [{b.OutFeatures}, {b.InFeatures}]; they are of different models.");
        return new LayerSimilarity(
            path,
            a is null ? 0 : DeltaGeometry.FrobeniusNorm(a),
            b is null ? 0 : DeltaGeometry.FrobeniusNorm(b),
            a is null || b is null ? 0 : DeltaGeometry.InnerProduct(a, b));
    }

    double Norm(Func<LayerSimilarity, double> norm) => Math.Sqrt(Layers.Sum(layer => norm(layer) * norm(layer)));
}
