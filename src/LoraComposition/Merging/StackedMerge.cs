using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Sums of updates: exactly one update of the summed rank, or the whole matrix where that takes less memory.</summary>
internal static class StackedMerge
{
    /// <summary><c>factor·Σ ΔWₙ</c>.</summary>
    public static LayerUpdate Sum(MergeLayer layer, double factor)
    {
        var (rows, columns) = (layer.OutFeatures, layer.InFeatures);
        return layer.TotalRank * (rows + columns) <= rows * columns ? Stack(layer, factor) : Add(layer, factor);
    }

    static LayerUpdate Stack(MergeLayer layer, double factor)
    {
        List<Tensor> a = [], b = [];
        foreach (int n in layer.Present)
        {
            using var delta = layer.Read(n);
            using Scalar scaling = delta.Scaling * factor;
            a.Add(delta.A.alias());
            b.Add(delta.B.mul(scaling));
        }
        return new LayerUpdate(new LoraDelta(cat(a, 0), cat(b, 1), 1));   // [R, in], [out, R]
    }

    static LayerUpdate Add(MergeLayer layer, double factor)
    {
        var sum = zeros(layer.OutFeatures, layer.InFeatures, dtype: layer.Dtype);
        foreach (int n in layer.Present)
        {
            using var scope = NewDisposeScope();
            using var delta = layer.Read(n);
            using Scalar scaling = delta.Scaling * factor;
            sum.addmm_(delta.B.mul(scaling), delta.A, beta: 1, alpha: 1);
        }
        return new LayerUpdate(sum);
    }
}

/// <summary>The mean of the updates (arXiv:2402.15414, section 4.1): <c>(1/N)·Σ ΔWₙ</c>, exactly.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class MeanMerge : MergeMethod
{
    /// <summary>Describes the method.</summary>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public MeanMerge(double lambda = 1) : base("uniform", lambda)
    {
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return StackedMerge.Sum(layer, 1.0 / layer.Count);
    }
}

/// <summary>Task arithmetic (arXiv:2212.04089): <c>λ·Σ ΔWₙ</c>, the plain sum where λ is not given.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class TaskArithmeticMerge : MergeMethod
{
    /// <summary>Describes the method.</summary>
    /// <param name="lambda">The factor λ; a negative one unlearns. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public TaskArithmeticMerge(double lambda = 1) : base("task-arithmetic", lambda)
    {
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return StackedMerge.Sum(layer, 1);
    }
}

/// <summary>The sum of the updates, each times the weight that it is given with: <c>Σ wₙ·ΔWₙ</c>.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class WeightedMerge : MergeMethod
{
    /// <summary>Describes the method.</summary>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public WeightedMerge(double lambda = 1) : base("weighted", lambda)
    {
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return StackedMerge.Sum(layer, 1);
    }
}
