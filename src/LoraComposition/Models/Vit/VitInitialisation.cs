using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The random start of a ViT's weights.</summary>
internal static class VitInitialisation
{
    const double Deviation = 0.02, Cut = 2;

    /// <summary>Normal numbers with deviation 0.02, cut off at two deviations. Drawn on the CPU so that they are the same on every device.</summary>
    public static Tensor Normal(long[] shape, Generator generator)
    {
        using var scope = NewDisposeScope();
        // By the inverse of the distribution function: one uniform draw for each number.
        double edge = special.erf(tensor(Cut / Math.Sqrt(2), dtype: ScalarType.Float64)).item<double>();
        var uniform = rand(shape, generator: generator).mul_(2 * edge).sub_(edge);
        return special.erfinv(uniform).mul_(Deviation * Math.Sqrt(2)).MoveToOuterDisposeScope();
    }
}
