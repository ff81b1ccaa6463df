using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// One low-rank update of one linear layer: <c>ΔW = scaling · B·A</c> (arXiv:2402.15414, section 3). In the paper's letters A is
/// <c>B</c> here and Bᵀ is <c>A</c>; the letters here are those of PEFT's files.
/// </summary>
/// <remarks>Owns its two tensors and disposes them. Not thread-safe while being disposed.</remarks>
public sealed class LoraDelta : IDisposable
{
    readonly Tensor a;
    readonly Tensor b;
    LoraDelta[]? parts;
    bool disposed;

    /// <summary>Takes over two factors and their scaling.</summary>
    /// <param name="a">The factor that reads the input, <c>[rank, in]</c>. Owned by the new object.</param>
    /// <param name="b">The factor that writes the output, <c>[out, rank]</c>. Owned by the new object.</param>
    /// <param name="scaling">The factor in front of <c>B·A</c>: alpha/rank, or alpha/√rank with rank stabilisation.</param>
    /// <exception cref="ArgumentException">The factors are not matrices of one rank and type, or the scaling is not finite.</exception>
    public LoraDelta(Tensor a, Tensor b, double scaling)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.dim() != 2 || b.dim() != 2 || a.shape[0] != b.shape[1])
            throw new ArgumentException($"Expected lora_A [rank, in] and lora_B [out, rank], found [{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}].");
        if (a.dtype != b.dtype) throw new ArgumentException($"lora_A is {a.dtype} but lora_B is {b.dtype}; both must be of one type.");
        if (!double.IsFinite(scaling)) throw new ArgumentException($"The scaling is {scaling}; it must be a finite number.");
        (this.a, this.b, Scaling) = (a.DetachFromDisposeScope(), b.DetachFromDisposeScope(), scaling);
    }

    /// <summary>The factor that reads the input, <c>[rank, in]</c>. Owned by this object.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public Tensor A => disposed ? throw Gone() : a;

    /// <summary>The factor that writes the output, <c>[out, rank]</c>. Owned by this object.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public Tensor B => disposed ? throw Gone() : b;

    /// <summary>The factor in front of <c>B·A</c>.</summary>
    public double Scaling { get; }

    /// <summary>The setting alpha that the scaling was made of, where it was read from a file; null elsewhere.</summary>
    public double? Alpha { get; init; }

    /// <summary>The rank r of the two factors.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long Rank => A.shape[0];

    /// <summary>The width of the layer's input.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long InFeatures => A.shape[1];

    /// <summary>The width of the layer's output.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public long OutFeatures => B.shape[0];

    /// <summary>Whether the update is zero because the scaling or one of the factors is, as B of a LoRA is before training. It is not multiplied out.</summary>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public bool IsZero => Scaling == 0 || IsAllZero(B) || IsAllZero(A);

    /// <summary>The adapter and the layer that the update belongs to; null where it stands alone. Told to whoever uses it after it was disposed.</summary>
    internal (string Adapter, string Layer)? Place { get; set; }

    /// <summary>Multiplies the update out.</summary>
    /// <returns><c>scaling · B·A</c>, <c>[out, in]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public Tensor ToDense()
    {
        using var product = B.matmul(A);
        return product.mul(Scaling);
    }

    /// <summary>Copies both factors.</summary>
    /// <returns>An independent update. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The update was disposed.</exception>
    public LoraDelta Clone() => new(A.clone(), B.clone(), Scaling) { Alpha = Alpha };

    /// <summary>The update of one of the equal parts that a fused layer consists of, counted along its outputs: <c>[out/parts, in]</c>.</summary>
    /// <param name="part">Which part, from 0 on.</param>
    /// <param name="count">How many parts there are; divides the width of the output, and is the same at every call.</param>
    /// <returns>The update, of the same memory. Owned by this object; this object itself where there is one part.</returns>
    internal LoraDelta Part(int part, int count)
    {
        if (count == 1) return this;
        if (parts is null)
        {
            using var scope = NewDisposeScope();
            long rows = OutFeatures / count;
            var made = Enumerable.Range(0, count).Select(n => new LoraDelta(A.alias(), B.narrow(0, n * rows, rows), Scaling)
            {
                Alpha = Alpha,
                Place = Place is { } place ? (place.Adapter, $"{place.Layer} ({n + 1} of {count})") : null,
            }).ToArray();
            // Several threads may ask; all get what was there first.
            if (Interlocked.CompareExchange(ref parts, made, null) is not null)
                foreach (var late in made) late.Dispose();
        }
        return parts[part];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        foreach (var part in parts ?? []) part.Dispose();
        a.Dispose();
        b.Dispose();
    }

    static bool IsAllZero(Tensor factor)
    {
        using var noGrad = no_grad();
        // NaN counts as something, so what diverged is not taken for zero.
        using var any = factor.any();
        return !any.item<bool>();
    }

    ObjectDisposedException Gone() => new(Place is { } place ? $"{nameof(LoraDelta)} of layer '{place.Layer}' of adapter '{place.Adapter}'" : nameof(LoraDelta));
}
