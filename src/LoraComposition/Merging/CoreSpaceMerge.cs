using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Merging in core space (arXiv:2509.17786): with orthonormal bases U of all the B and V of all the A, each update is <c>U·Mₙ·V</c> without loss, Mₙ of at most
/// the summed rank; TIES merges the Mₙ, or their mean is taken, which is the mean of the updates.
/// </summary>
/// <remarks>In float64. The result stays in factors. Immutable, and safe to use from several threads.</remarks>
public sealed class CoreSpaceMerge : JointSpaceMerge
{
    /// <summary>Describes the method.</summary>
    /// <param name="density">The density of TIES, in (0, 1]; the mean is taken where not given.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density lies outside (0, 1], or the factor is not finite.</exception>
    public CoreSpaceMerge(double? density = null, double lambda = 1) : base("core-space", density, lambda)
    {
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        List<Tensor> a = [], b = [];
        List<double> scalings = [];
        foreach (int n in layer.Present)
        {
            using var delta = layer.Read(n);
            a.Add(JointBasis.Wide(delta.A));
            b.Add(JointBasis.Wide(delta.B));
            scalings.Add(delta.Scaling);
        }
        var left = JointBasis.Columns(cat(b, 1));        // U, [out, p]
        var right = JointBasis.Columns(cat(a, 0).t());   // Vᵀ, [in, q]
        if (left.shape[1] == 0 || right.shape[1] == 0) return Zero(layer);
        var cores = new List<Tensor>();
        for (int i = 0; i < a.Count; i++)
        {
            using Scalar scaling = scalings[i];
            cores.Add(left.t().matmul(b[i]).matmul(a[i].matmul(right)).mul(scaling));   // Mₙ, [p, q]
        }
        var merged = Merged(cores, layer);
        return new(new LoraDelta(merged.matmul(right.t()).to(layer.Dtype), left.to(layer.Dtype), 1));
    }
}
