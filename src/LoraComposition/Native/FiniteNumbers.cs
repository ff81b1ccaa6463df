using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Whether a tensor or a weight holds numbers to compute with.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether no number of a tensor is NaN or infinite.</summary>
    public static bool AreAll(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        // A sum makes no temporary of the tensor's size. It is finite only where all numbers are; large ones may overflow it.
        return tensor.sum().isfinite().item<bool>() || tensor.isfinite().all().item<bool>();
    }

    /// <summary>Whether a weight is finite in float32, which layers compute in.</summary>
    public static bool IsWeight(double weight) => float.IsFinite((float)weight);
}
