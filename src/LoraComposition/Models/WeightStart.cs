using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Makes a parameter of a new model. Drawn on the CPU, so that it is the same on every device.</summary>
/// <param name="shape">The parameter's shape.</param>
/// <param name="generator">Where random numbers come from.</param>
/// <returns>The numbers, of that shape. The caller owns them.</returns>
internal delegate Tensor WeightStart(long[] shape, Generator generator);

/// <summary>The starts that models share.</summary>
internal static class WeightStarts
{
    public static Tensor Zeros(long[] shape, Generator generator) => zeros(shape);

    public static Tensor Ones(long[] shape, Generator generator) => ones(shape);
}
