using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// KnOTS (arXiv:2410.19735): the singular value decomposition <c>[ΔW₁ … ΔW_N] = U·S·[V₁ … V_N]</c> puts the updates into one space, where TIES merges
/// the <c>S·Vₙ</c>, or their mean is taken, which is the mean of the updates; the result is <c>U</c> times that.
/// </summary>
/// <remarks>The decomposition is made of the factors, in float64. The result stays in factors. Immutable, and safe to use from several threads.</remarks>
public sealed class KnotsMerge : JointSpaceMerge
{
    /// <summary>Describes the method.</summary>
    /// <param name="density">The density of TIES, in (0, 1]; the mean is taken where not given.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density lies outside (0, 1], or the factor is not finite.</exception>
    public KnotsMerge(double? density = null, double lambda = 1) : base("knots", density, lambda)
    {
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        List<Tensor> b = [], inBases = [], cores = [];
        foreach (int n in layer.Present)
        {
            using var delta = layer.Read(n);
            // Rounding would make its part nearly zero, and TIES counts what is not zero.
            if (delta.IsZero) continue;
            using Scalar scaling = delta.Scaling;
            var (basis, triangle) = linalg.qr(JointBasis.Wide(delta.A).t());   // [in, q]·[q, r]
            b.Add(JointBasis.Wide(delta.B));
            inBases.Add(basis);
            cores.Add(triangle.t().mul(scaling));                              // [r, q]
        }
        if (b.Count == 0) return Zero(layer);
        var (outBasis, outTriangle) = linalg.qr(cat(b, 1));                    // [out, p]·[p, R]
        // [p, Σq]: the concatenated updates in orthonormal bases of their columns and of each module's rows.
        var core = cat([.. outTriangle.split([.. cores.Select(part => part.shape[0])], 1).Zip(cores, (of, part) => of.matmul(part))], 1);
        var (u, sigma, vT) = linalg.svd(core, fullMatrices: false);
        long rank = JointBasis.Rank(sigma);
        if (rank == 0) return Zero(layer);
        var rows = vT.narrow(0, 0, rank).mul(sigma.narrow(0, 0, rank).unsqueeze(1));
        var parts = new List<Tensor>();
        long start = 0;
        foreach (var basis in inBases)
        {
            parts.Add(rows.narrow(1, start, basis.shape[1]).matmul(basis.t()));   // S·Vₙ, [k, in]
            start += basis.shape[1];
        }
        var merged = Merged(parts, layer);
        return new(new LoraDelta(merged.to(layer.Dtype), outBasis.matmul(u.narrow(1, 0, rank)).to(layer.Dtype), 1));
    }
}
