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

    /// <summary>Multiplies some rows out, into memory that is there: the memory of many rows one after the other would not be used again by the next.</summary>
    /// <param name="rows">Where to: rows in float32 on the CPU, <c>[count, in]</c>, or <c>[count, out]</c> of the transpose.</param>
    /// <param name="start">The first row.</param>
    /// <param name="transposed">Whether rows of ΔWᵀ are meant, as in the table of an embedding.</param>
    internal void MultiplyOut(Tensor rows, long start, bool transposed)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        long count = rows.shape[0];
        if (whole is not null)
        {
            rows.copy_((transposed ? whole.t() : whole).narrow(0, start, count));
            return;
        }
        var type = factors!.A.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (a, b) = (factors.A.cpu().to(type), factors.B.cpu().to(type));
        var (left, right) = transposed ? (a.t().narrow(0, start, count), b.t()) : (b.narrow(0, start, count), a);
        if (type == rows.dtype) rows.addmm_(left, right, beta: 0, alpha: 1).mul_(factors.Scaling);
        else rows.copy_(left.matmul(right).mul_(factors.Scaling));
    }
}
