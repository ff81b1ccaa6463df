using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// A whole classifier that was trained and saved beside an adapter (PEFT's <c>modules_to_save</c>). It belongs to one task's classes, so it is never composed.
/// </summary>
/// <remarks>Owns its tensors and disposes them. Not thread-safe while being disposed.</remarks>
public sealed class SavedHead : IDisposable
{
    readonly Tensor weight;
    readonly Tensor? bias;
    bool disposed;

    /// <summary>Takes over a head.</summary>
    /// <param name="weight">The weight, <c>[classes, d]</c>. Owned by the new object.</param>
    /// <param name="bias">The bias, <c>[classes]</c>, or null. Owned by the new object.</param>
    /// <param name="classNames">The names of the classes, one for each row of the weight; null where they are not known.</param>
    /// <exception cref="ArgumentException">The tensors are not a matrix and a vector of as many classes, of one type, or there are more or fewer names than
    /// classes.</exception>
    public SavedHead(Tensor weight, Tensor? bias, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.dim() != 2 || weight.numel() == 0 || (bias is not null && (bias.dim() != 1 || bias.shape[0] != weight.shape[0])))
            throw new ArgumentException($"Expected a weight [classes, d] and a bias [classes], found [{string.Join(", ", weight.shape)}] and {(bias is null ? "none" : $"[{string.Join(", ", bias.shape)}]")}.");
        if (bias is not null && bias.dtype != weight.dtype)
            throw new ArgumentException($"The weight is {weight.dtype} but the bias is {bias.dtype}; both must be of one type.");
        if (classNames is not null && classNames.Count != weight.shape[0])
            throw new ArgumentException($"{classNames.Count} class names are given for a head of {weight.shape[0]} classes.", nameof(classNames));
        (this.weight, this.bias) = (weight.DetachFromDisposeScope(), bias?.DetachFromDisposeScope());
        ClassNames = classNames is null ? null : [.. classNames];
    }

    /// <summary>The weight, <c>[classes, d]</c>. Owned by this object.</summary>
    /// <exception cref="ObjectDisposedException">The head was disposed.</exception>
    public Tensor Weight => disposed ? throw Gone() : weight;

    /// <summary>The bias, <c>[classes]</c>, or null. Owned by this object.</summary>
    /// <exception cref="ObjectDisposedException">The head was disposed.</exception>
    public Tensor? Bias => disposed ? throw Gone() : bias;

    /// <summary>The names of the classes, in the order of the weight's rows; null where they are not known, as in a file that PEFT wrote.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>The number of classes.</summary>
    /// <exception cref="ObjectDisposedException">The head was disposed.</exception>
    public long ClassCount => Weight.shape[0];

    /// <summary>The width d of what the head reads.</summary>
    /// <exception cref="ObjectDisposedException">The head was disposed.</exception>
    public long InFeatures => Weight.shape[1];

    /// <summary>The name of the adapter that the head was saved with; null where it stands alone. Told to whoever uses it after it was disposed.</summary>
    internal string? AdapterName { get; set; }

    /// <summary>Copies the head.</summary>
    /// <returns>An independent head with the same class names. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The head was disposed.</exception>
    public SavedHead Clone() => new(Weight.clone(), Bias?.clone(), ClassNames);

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        weight.Dispose();
        bias?.Dispose();
    }

    ObjectDisposedException Gone() => new(AdapterName is null ? nameof(SavedHead) : $"{nameof(SavedHead)} of adapter '{AdapterName}'");
}
