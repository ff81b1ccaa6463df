using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Numbers for operations that run beside a garbage collection. TorchSharp 0.107 makes an object of each number and passes on a pointer into it, but
/// holds the object no longer: a collection in that moment frees what torch is about to read. Here, or in a <c>using</c>, it is held.
/// </summary>
internal static class HeldScalars
{
    public static readonly Scalar Zero = 0;
    public static readonly Scalar One = 1;
    public static readonly Scalar Two = 2;

    /// <summary><c>x + y</c>. <see cref="Tensor.add(Tensor)"/> has a hidden number, the factor 1 of y.</summary>
    /// <returns>The caller owns it.</returns>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);
}
