using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Keeps a merged weight outside the module's registered tensors, for as long as it fits the frozen weight it was made from.</summary>
internal sealed class FixedWeight
{
    Tensor? merged;

    /// <summary>The kept weight, or null where there is none or the layer has moved to another device or type since.</summary>
    public Tensor? For(Tensor frozen)
    {
        if (merged is not null && (merged.dtype != frozen.dtype || merged.device_type != frozen.device_type || merged.device_index != frozen.device_index)) Clear();
        return merged;
    }

    public void Set(Tensor weight)
    {
        Clear();
        merged = weight.DetachFromDisposeScope();
    }

    public void Clear()
    {
        merged?.Dispose();
        merged = null;
    }
}
