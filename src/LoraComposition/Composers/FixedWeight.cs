using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Keeps what a composed layer computes once while its weights do not change, outside the module's registered tensors and for as long as it fits the
/// frozen weight it was made from. Any number of threads may read and make it; <see cref="Clear"/> needs the layer for itself.
/// </summary>
internal sealed class FixedWeight
{
    readonly Lock making = new();
    volatile Form? kept;

    /// <summary>What is kept, or null where there is nothing or the layer has moved to another device or type since.</summary>
    /// <returns>Owned by this object.</returns>
    public Form? For(Tensor frozen) => kept is { } form && form.Fits(frozen) ? form : null;

    /// <summary>What is kept; made where there is nothing that fits, by the first of the threads that ask.</summary>
    /// <param name="frozen">The frozen weight.</param>
    /// <param name="merged">Whether the weight itself is made, or the weights of the ranks.</param>
    /// <param name="whole">Whether what is trained on top of the composition is merged too.</param>
    /// <param name="make">Makes the tensor, which becomes this object's.</param>
    /// <returns>Owned by this object.</returns>
    public Form ForOrMake(Tensor frozen, bool merged, bool whole, Func<Tensor> make)
    {
        if (For(frozen) is { } fitting) return fitting;
        lock (making)
        {
            if (For(frozen) is { } other) return other;
            // It no longer fits since a move, and a move runs alone: nobody reads it any more.
            Clear();
            return kept = new Form(make().DetachFromDisposeScope(), merged, whole, frozen.dtype, frozen.device_type, frozen.device_index);
        }
    }

    public void Clear()
    {
        lock (making)
        {
            kept?.Value.Dispose();
            kept = null;
        }
    }

    /// <summary>A layer with its weights computed.</summary>
    /// <param name="Value">The merged weight <c>[out, in]</c>, or the weight of each stacked rank <c>[R]</c>.</param>
    /// <param name="Merged">Which of the two it is.</param>
    /// <param name="Whole">Whether what is trained on top is in it.</param>
    /// <param name="Type">The frozen weight's type when this was made.</param>
    /// <param name="Device">The kind of its device.</param>
    /// <param name="DeviceIndex">The index of its device.</param>
    public sealed record Form(Tensor Value, bool Merged, bool Whole, ScalarType Type, TorchSharp.DeviceType Device, int DeviceIndex)
    {
        public bool Fits(Tensor frozen) => Type == frozen.dtype && Device == frozen.device_type && DeviceIndex == frozen.device_index;
    }
}
