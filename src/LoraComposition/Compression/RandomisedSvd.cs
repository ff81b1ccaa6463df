using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// The largest singular values of a large matrix with their vectors, by a randomised range finder with power iterations (arXiv:0909.4061, algorithms 4.4 and
/// 5.1): a whole decomposition of 4,096 × 4,096 takes a minute, this a second or two.
/// </summary>
internal static class RandomisedSvd
{
    const int SmallestSide = 1024, PowerIterations = 4, LeastOversampling = 16;

    /// <summary>Whether it is worth it: the matrix is large and the rank low.</summary>
    public static bool Suits(Tensor matrix, RankTarget target)
    {
        long side = Math.Min(matrix.shape[0], matrix.shape[1]);
        return side > SmallestSide && target.Limit is { } rank && 4L * Width(rank) <= side;
    }

    /// <summary>Computes the singular triples, and the energy of what they leave. The same input gives the same bytes. The present dispose scope owns them.</summary>
    public static (Tensor Left, Tensor Values, Tensor Right, double Remainder) Compute(Tensor matrix, int rank)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(0, CPU);
        var wanted = randn([matrix.shape[1], Width(rank)], dtype: matrix.dtype, generator: generator).to(matrix.device);
        var basis = Orthonormal(matrix.matmul(wanted));                            // [out, k + p]
        for (int i = 0; i < PowerIterations; i++) basis = Orthonormal(matrix.matmul(Orthonormal(matrix.t().matmul(basis))));
        var (u, sigma, vT) = linalg.svd(basis.t().matmul(matrix).cpu().to(ScalarType.Float64), fullMatrices: false);
        var left = basis.cpu().to(ScalarType.Float64).matmul(u);
        double rest = Math.Max(0, Energy(matrix) - sigma.square().sum().item<double>());
        return (left.MoveToOuterDisposeScope(), sigma.MoveToOuterDisposeScope(), vT.MoveToOuterDisposeScope(), rest);
    }

    /// <summary>The squared length of a matrix, in float64, by rows: no copy of the matrix is made.</summary>
    static double Energy(Tensor matrix)
    {
        const int Rows = 64;
        double total = 0;
        for (long start = 0; start < matrix.shape[0]; start += Rows)
        {
            using var scope = NewDisposeScope();
            total += matrix.narrow(0, start, Math.Min(Rows, matrix.shape[0] - start)).to(ScalarType.Float64).square().sum().item<double>();
        }
        return total;
    }

    static int Width(int rank) => rank + Math.Max(LeastOversampling, rank / 2);

    static Tensor Orthonormal(Tensor columns) => linalg.qr(columns).Q;
}
