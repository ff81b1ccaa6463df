using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Merges the updates in a space that they share, by TIES or by their mean, and takes the result back. It stays in factors.</summary>
/// <remarks>In float64. Immutable, and safe to use from several threads.</remarks>
public abstract class JointSpaceMerge : MergeMethod
{
    readonly double? density;

    private protected JointSpaceMerge(string space, double? density, double lambda) : base($"{space}-{(density is null ? "mean" : "ties")}", lambda) =>
        this.density = density is { } share ? Share(share, nameof(density)) : null;

    /// <inheritdoc/>
    protected sealed override IEnumerable<KeyValuePair<string, double>> OwnSettings => density is { } share ? [new("density", share)] : [];

    /// <summary>Merges the modules' matrices in the shared space; the mean is that over all modules, those without an update too. The present dispose scope owns it.</summary>
    private protected Tensor Merged(IReadOnlyList<Tensor> parts, MergeLayer layer)
    {
        if (density is { } share) return SignElection.Merge([.. parts.Select(MatrixRows.Of)], share);
        using Scalar all = layer.Count;
        return stack([.. parts]).sum(dim: 0).div(all);
    }

    /// <summary>An update of zero.</summary>
    private protected static LayerUpdate Zero(MergeLayer layer) =>
        new(new LoraDelta(zeros(1, layer.InFeatures, dtype: layer.Dtype), zeros(layer.OutFeatures, 1, dtype: layer.Dtype), 1));
}
