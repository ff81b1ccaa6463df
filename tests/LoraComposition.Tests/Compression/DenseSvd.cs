using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Compression;

/// <summary>What the compression must equal: everything from the matrix itself, in float64.</summary>
static class DenseSvd
{
    /// <summary><c>ΔW</c>, <c>[out, in]</c>.</summary>
    public static Tensor Dense(LoraDelta delta) => delta.B.to(ScalarType.Float64).matmul(delta.A.to(ScalarType.Float64)).mul(delta.Scaling);

    public static double[] SingularValues(Tensor dense) => linalg.svdvals(dense).data<double>().ToArray();

    /// <summary><c>√Σᵢ>ₖ σᵢ² / ‖ΔW‖</c>.</summary>
    public static double TailOf(double[] sigma, int rank) => Math.Sqrt(sigma.Skip(rank).Sum(s => s * s) / sigma.Sum(s => s * s));

    public static double RelativeDistance(Tensor actual, Tensor expected) => Norm(actual.sub(expected)) / Norm(expected);

    public static double Norm(Tensor matrix) => matrix.to(ScalarType.Float64).square().sum().sqrt().item<double>();
}
