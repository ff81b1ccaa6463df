using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The update of one layer, as a <see cref="MergeMethod"/> makes it: two thin factors where the rank stays low, else a whole matrix.</summary>
/// <remarks>Owns its tensors and disposes them. Not thread-safe while being disposed.</remarks>
public sealed class LayerUpdate : IDisposable
{
    readonly LoraDelta? factors;
    readonly Tensor? matrix;
    bool disposed;

    /// <summary>Takes over an update in factors.</summary>
    /// <param name="factors">The update. Owned by the new object.</param>
    public LayerUpdate(LoraDelta factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        this.factors = factors;
    }

    /// <summary>Takes over a whole update.</summary>
    /// <param name="matrix">The update <c>[out, in]</c>. Owned by the new object.</param>
    /// <exception cref="ArgumentException">It is no matrix of floating-point numbers.</exception>
    public LayerUpdate(Tensor matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.dim() != 2 || !matrix.is_floating_point())
            throw new ArgumentException($"Expected a matrix [out, in] of floating-point numbers, found [{string.Join(", ", matrix.shape)}] of {matrix.dtype}.", nameof(matrix));
        this.matrix = matrix.DetachFromDisposeScope();
    }

    /// <summary>The width of the layer's output; of an embedding d.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long OutFeatures => Alive(factors)?.OutFeatures ?? matrix!.shape[0];

    /// <summary>The width of the layer's input; of an embedding the number of tokens.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long InFeatures => Alive(factors)?.InFeatures ?? matrix!.shape[1];

    /// <summary>Whether the update is kept in factors, so that it exports exactly as one adapter.</summary>
    public bool IsFactored => factors is not null;

    /// <summary>The rank of the exact adapter: that of the factors, or the most that a matrix of this shape can have.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long Rank => Alive(factors)?.Rank ?? Math.Min(matrix!.shape[0], matrix.shape[1]);

    /// <summary>Multiplies the update out.</summary>
    /// <returns><c>[out, in]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public Tensor ToDense() => Alive(factors)?.ToDense() ?? matrix!.clone();

    /// <summary>The update as an exact pair of factors; those of a whole matrix are the matrix itself and an identity.</summary>
    /// <returns>A copy. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public LoraDelta ToDelta()
    {
        if (Alive(factors) is not null) return factors!.Clone();
        var (rows, columns) = (matrix!.shape[0], matrix.shape[1]);
        return columns <= rows
            ? new LoraDelta(eye(columns, dtype: matrix.dtype, device: matrix.device), matrix.clone(), 1)
            : new LoraDelta(matrix.clone(), eye(rows, dtype: matrix.dtype, device: matrix.device), 1);
    }

    /// <summary>The nearest update of a lower rank.</summary>
    /// <param name="target">How far.</param>
    /// <returns>The update and its measured error. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The update holds NaN or infinite numbers.</exception>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public CompressedDelta Compress(RankTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Alive(factors) is null ? TruncatedSvd.Compute(matrix!, target) : TruncatedSvd.Compute(factors!, target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        factors?.Dispose();
        matrix?.Dispose();
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
        if (matrix is not null)
        {
            rows.copy_((transposed ? matrix.t() : matrix).narrow(0, start, count));
            return;
        }
        using Scalar scaling = factors!.Scaling;
        var type = factors.A.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (a, b) = (factors.A.cpu().to(type), factors.B.cpu().to(type));
        var (left, right) = transposed ? (a.t().narrow(0, start, count), b.t()) : (b.narrow(0, start, count), a);
        if (type == rows.dtype) rows.addmm_(left, right, beta: 0, alpha: 1).mul_(scaling);
        else rows.copy_(left.matmul(right).mul_(scaling));
    }

    internal LayerUpdate Times(double factor)
    {
        using Scalar scalar = factor;
        if (factors is not null) return new LayerUpdate(new LoraDelta(factors.A, factors.B, factors.Scaling * factor));
        matrix!.mul_(scalar);
        return this;
    }

    internal bool IsFinite() => factors is null ? FiniteNumbers.AreAll(matrix!)
        : double.IsFinite(factors.Scaling) && FiniteNumbers.AreAll(factors.A) && FiniteNumbers.AreAll(factors.B);

    T Alive<T>(T part) => disposed ? throw new ObjectDisposedException(nameof(LayerUpdate)) : part;
}
