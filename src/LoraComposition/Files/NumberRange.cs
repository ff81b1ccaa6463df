using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>Finds numbers that another type cannot hold.</summary>
internal static class NumberRange
{
    /// <summary>A finite number of a tensor that is infinite in another type; null where there is none.</summary>
    public static double? Beyond(Tensor tensor, ScalarType dtype)
    {
        if (tensor.dtype == dtype || tensor.numel() == 0) return null;
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        // Without a temporary of the tensor's size: the extremes tell whether anything finite becomes infinite. Numbers that are none pass.
        foreach (var extreme in (Tensor[])[tensor.min(), tensor.max()])
        {
            if (extreme.isfinite().item<bool>() && extreme.to(dtype).isinf().item<bool>()) return extreme.ToDouble();
        }
        return null;
    }
}
