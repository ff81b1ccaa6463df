using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The update of one layer to add to a weight: two factors, or the whole matrix where a method makes one that has no low rank.</summary>
/// <remarks>Owns what it was made of and disposes it. Not thread-safe while being disposed.</remarks>
public sealed class LayerUpdate : IDisposable
{
    readonly LoraDelta? factors;
    readonly Tensor? whole;

    /// <summary>Takes over an update of low rank.</summary>
    /// <param name="factors">The update. Owned by the new object.</param>
    public LayerUpdate(LoraDelta factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        (this.factors, OutFeatures, InFeatures) = (factors, factors.OutFeatures, factors.InFeatures);
    }

    /// <summary>Takes over a whole update.</summary>
    /// <param name="whole">The matrix ΔW, <c>[out, in]</c>. Owned by the new object.</param>
    /// <exception cref="ArgumentException">It is no matrix of floating-point numbers.</exception>
    public LayerUpdate(Tensor whole)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (whole.dim() != 2 || !whole.is_floating_point())
            throw new ArgumentException($"Expected a matrix [out, in] of floating-point numbers, found [{string.Join(", ", whole.shape)}] of {whole.dtype}.", nameof(whole));
        (this.whole, OutFeatures, InFeatures) = (whole.DetachFromDisposeScope(), whole.shape[0], whole.shape[1]);
    }

    /// <summary>The width of the layer's output; of an embedding d.</summary>
    public long OutFeatures { get; }

    /// <summary>The width of the layer's input; of an embedding the number of tokens.</summary>
    public long InFeatures { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        factors?.Dispose();
        whole?.Dispose();
    }

    /// <summary>Multiplies some rows out.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="transposed">Whether rows of ΔWᵀ are meant, as in the table of an embedding.</param>
    /// <returns>The rows in float32, <c>[count, in]</c>, or <c>[count, out]</c> of the transpose. The caller owns them and must not change them.</returns>
    internal Tensor Rows(long start, long count, bool transposed)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        if (whole is not null) return (transposed ? whole.t() : whole).narrow(0, start, count).cpu().to(ScalarType.Float32).MoveToOuterDisposeScope();
        var type = factors!.A.dtype.ElementSize() > 2 ? factors.A.dtype : ScalarType.Float32;
        var (left, right) = transposed ? (factors.A.t(), factors.B.t()) : (factors.B, factors.A);
        return left.narrow(0, start, count).to(type).matmul(right.to(type)).mul_(factors.Scaling).cpu().to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
