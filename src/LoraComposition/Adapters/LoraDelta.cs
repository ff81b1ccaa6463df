using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// One low-rank update of one linear layer: <c>ΔW = scaling · B·A</c> (arXiv:2402.15414, section 3). In the paper's letters A is
/// <c>B</c> here and Bᵀ is <c>A</c>; the letters here are those of PEFT's files.
/// </summary>
/// <remarks>Owns its two tensors and disposes them. Not thread-safe while being disposed.</remarks>
public sealed class LoraDelta : IDisposable
{
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
        (A, B, Scaling) = (a.DetachFromDisposeScope(), b.DetachFromDisposeScope(), scaling);
    }

    /// <summary>The factor that reads the input, <c>[rank, in]</c>. Owned by this object.</summary>
    public Tensor A { get; }

    /// <summary>The factor that writes the output, <c>[out, rank]</c>. Owned by this object.</summary>
    public Tensor B { get; }

    /// <summary>The factor in front of <c>B·A</c>.</summary>
    public double Scaling { get; }

    /// <summary>The setting alpha that the scaling was made of, where it was read from a file; null elsewhere.</summary>
    public double? Alpha { get; init; }

    /// <summary>The rank r of the two factors.</summary>
    public long Rank => A.shape[0];

    /// <summary>The width of the layer's input.</summary>
    public long InFeatures => A.shape[1];

    /// <summary>The width of the layer's output.</summary>
    public long OutFeatures => B.shape[0];

    /// <summary>Multiplies the update out.</summary>
    /// <returns><c>scaling · B·A</c>, <c>[out, in]</c>. The caller owns it.</returns>
    public Tensor ToDense()
    {
        using var product = B.matmul(A);
        return product.mul(Scaling);
    }

    /// <summary>Copies both factors.</summary>
    /// <returns>An independent update. The caller owns it.</returns>
    public LoraDelta Clone() => new(A.clone(), B.clone(), Scaling) { Alpha = Alpha };

    /// <inheritdoc/>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}
