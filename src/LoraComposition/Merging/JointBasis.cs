using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Singular vectors that the modules of a layer have in common, from their factors: no matrix of the layer's size is made. All in float64 on the CPU.</summary>
internal static class JointBasis
{
    // Singular values below this part of the largest are taken for rounding.
    const double Noise = 1e-10;

    /// <summary>The left singular vectors of a wide or thin matrix that belong to singular values above rounding.</summary>
    /// <param name="stacked">The matrix, <c>[d, R]</c>.</param>
    /// <returns><c>[d, k]</c>; no column where the matrix is zero. The present dispose scope owns it.</returns>
    public static Tensor Columns(Tensor stacked)
    {
        var (basis, triangle) = linalg.qr(stacked);                       // [d, p]·[p, R]
        var (u, sigma, _) = linalg.svd(triangle, fullMatrices: false);
        return basis.matmul(u.narrow(1, 0, Rank(sigma)));
    }

    /// <summary>The number of singular values above rounding.</summary>
    public static long Rank(Tensor sigma)
    {
        double[] values = sigma.data<double>().ToArray();
        return values.Length == 0 || values[0] == 0 ? 0 : values.Count(value => value > values[0] * Noise);
    }

    /// <summary>A factor in float64 on the CPU. The present dispose scope owns it.</summary>
    public static Tensor Wide(Tensor factor) => factor.cpu().to(ScalarType.Float64, copy: true);
}
