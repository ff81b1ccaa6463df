using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Where tensors lie. TorchSharp's <c>Device</c> objects compare by reference.</summary>
internal static class Placement
{
    /// <summary>Whether two tensors lie on one device.</summary>
    public static bool IsBeside(this Tensor one, Tensor other) => one.device_type == other.device_type && one.device_index == other.device_index;

    /// <summary>Whether two tensors are of one type and lie on one device.</summary>
    public static bool IsKindOf(this Tensor one, Tensor other) => one.dtype == other.dtype && one.IsBeside(other);
}
