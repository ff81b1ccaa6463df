using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>A whole classifier that was trained and saved beside an adapter (PEFT's <c>modules_to_save</c>). It belongs to one task's classes, so it is never composed.</summary>
/// <remarks>Owns its tensors and disposes them. Not thread-safe while being disposed.</remarks>
public sealed class SavedHead : IDisposable
{
    /// <summary>Takes over a head.</summary>
    /// <param name="weight">The weight, <c>[classes, d]</c>. Owned by the new object.</param>
    /// <param name="bias">The bias, <c>[classes]</c>, or null. Owned by the new object.</param>
    /// <exception cref="ArgumentException">The tensors are not a matrix and a vector of as many classes, of one type.</exception>
    public SavedHead(Tensor weight, Tensor? bias)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.dim() != 2 || weight.numel() == 0 || (bias is not null && (bias.dim() != 1 || bias.shape[0] != weight.shape[0])))
            throw new ArgumentException($"Expected a weight [classes, d] and a bias [classes], found [{string.Join(", ", weight.shape)}] and {(bias is null ? "none" : $"[{string.Join(", ", bias.shape)}]")}.");
        if (bias is not null && bias.dtype != weight.dtype) throw new ArgumentException($"The weight is {weight.dtype} but the bias is {bias.dtype}; both must be of one type.");
        (Weight, Bias) = (weight.DetachFromDisposeScope(), bias?.DetachFromDisposeScope());
    }

    /// <summary>The weight, <c>[classes, d]</c>. Owned by this object.</summary>
    public Tensor Weight { get; }

    /// <summary>The bias, <c>[classes]</c>, or null. Owned by this object.</summary>
    public Tensor? Bias { get; }

    /// <summary>The number of classes.</summary>
    public long ClassCount => Weight.shape[0];

    /// <summary>The width d of what the head reads.</summary>
    public long InFeatures => Weight.shape[1];

    /// <summary>Copies the head.</summary>
    /// <returns>An independent head. The caller owns it.</returns>
    public SavedHead Clone() => new(Weight.clone(), Bias?.clone());

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
