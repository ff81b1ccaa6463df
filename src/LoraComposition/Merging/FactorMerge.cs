using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Averages of the factors in place of the updates: <c>(Σ vₙ√sₙ·Bₙ)(Σ vₙ√sₙ·Aₙ)</c>. What it gives is no average of the updates: each B meets the A of every
/// module. It is here because popular tools do it.
/// </summary>
/// <remarks>All modules must adapt the layer, with one rank. Immutable, and safe to use from several threads.</remarks>
public abstract class FactorMerge : MergeMethod
{
    private protected FactorMerge(string name, double lambda) : base(name, lambda)
    {
    }

    /// <summary>The factor vₙ of each module.</summary>
    private protected abstract IReadOnlyList<double> Coefficients(MergeLayer layer);

    /// <inheritdoc/>
    protected sealed override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var coefficients = Coefficients(layer);
        for (int n = 1; n < layer.Count; n++)
        {
            if (layer.RankOf(n) != layer.RankOf(0))
                throw new ArgumentException($"Layer '{layer.Path}': '{Name}' averages the factors A and B, which must have one rank; {layer.NameOf(0)} has rank {layer.RankOf(0)}, {layer.NameOf(n)} has {layer.RankOf(n)}. Take a method on whole updates, such as uniform, or compress the modules to one rank.");
        }
        var (a, b) = (zeros(layer.RankOf(0), layer.InFeatures, dtype: layer.Dtype), zeros(layer.OutFeatures, layer.RankOf(0), dtype: layer.Dtype));
        foreach (int n in layer.Present)
        {
            using var scope = NewDisposeScope();
            using var delta = layer.Read(n);
            if (delta.Scaling < 0)
                throw new ArgumentException($"Layer '{layer.Path}': '{Name}' takes the root of each module's scaling times its weight, which is {delta.Scaling} for {layer.NameOf(n)}; give weights of at least 0.");
            using Scalar factor = coefficients[n] * Math.Sqrt(delta.Scaling);
            a.add_(delta.A.mul(factor), HeldScalars.One);
            b.add_(delta.B.mul(factor), HeldScalars.One);
        }
        return new(new LoraDelta(a, b, 1));
    }
}

/// <summary>
/// The product of the mean B and the mean A, each times √s. PEFT's <c>add_weighted_adapter(combination_type="linear")</c> with weights 1/N gives N times as much,
/// as it takes the roots of the weights too: λ = N.
/// </summary>
/// <remarks>All modules must adapt the layer, with one rank. Immutable, and safe to use from several threads.</remarks>
public sealed class FactorMeanMerge : FactorMerge
{
    /// <summary>Describes the method.</summary>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public FactorMeanMerge(double lambda = 1) : base("factor-mean", lambda)
    {
    }

    private protected override IReadOnlyList<double> Coefficients(MergeLayer layer) => [.. Enumerable.Repeat(1.0 / layer.Count, layer.Count)];
}

/// <summary>The composition of LoraHub (arXiv:2307.13269) with given coefficients: <c>(Σ vₙ√sₙ·Bₙ)(Σ vₙ√sₙ·Aₙ)</c>, one vₙ per module, of any sign.</summary>
/// <remarks>All modules must adapt the layer, with one rank. Immutable, and safe to use from several threads.</remarks>
public sealed class LoraHubMerge : FactorMerge
{
    readonly double[] coefficients;

    /// <summary>Describes the method.</summary>
    /// <param name="coefficients">One coefficient per module.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentException">A coefficient is not finite in float32.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public LoraHubMerge(IReadOnlyList<double> coefficients, double lambda = 1) : base("lorahub", lambda)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        if (!coefficients.All(FiniteNumbers.IsWeight)) throw new ArgumentException("Expected coefficients that are finite in float32.", nameof(coefficients));
        this.coefficients = [.. coefficients];
    }

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, double>> OwnSettings => coefficients.Select((v, n) => KeyValuePair.Create($"v{n + 1}", v));

    private protected override IReadOnlyList<double> Coefficients(MergeLayer layer) => coefficients.Length == layer.Count ? coefficients
        : throw new ArgumentException($"Expected {layer.Count} coefficients, one per module, found {coefficients.Length}.");
}
