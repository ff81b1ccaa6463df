using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Lengths and angles of updates of one layer as vectors of out·in numbers, from their factors: <c>⟨ΔW₁, ΔW₂⟩ = s₁s₂ Σ (B₁ᵀB₂) ∘ (A₁A₂ᵀ)</c>. No matrix of the
/// layer's size is made; all in float64.
/// </summary>
public static class DeltaGeometry
{
    // A sum this small beside its terms is what rounding leaves of terms that cancel.
    const double Cancelled = 1e-14;

    /// <summary>The Frobenius norm <c>‖ΔW‖_F</c>.</summary>
    /// <param name="delta">The update.</param>
    /// <returns>The norm, from 0.</returns>
    public static double FrobeniusNorm(LoraDelta delta) => Math.Sqrt(Math.Max(InnerProduct(delta, delta), 0));

    /// <summary>The inner product <c>⟨ΔW₁, ΔW₂⟩ = Σ ΔW₁ ∘ ΔW₂</c>.</summary>
    /// <param name="first">The one update.</param>
    /// <param name="second">The other, of the same layer; its rank may differ.</param>
    /// <returns>The inner product.</returns>
    /// <exception cref="ArgumentException">The widths of the two differ.</exception>
    public static double InnerProduct(LoraDelta first, LoraDelta second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.InFeatures != second.InFeatures || first.OutFeatures != second.OutFeatures)
            throw new ArgumentException($"Expected two updates of one layer, found [{first.OutFeatures}, {first.InFeatures}] and [{second.OutFeatures}, {second.InFeatures}].");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        // [r₁, out]·[out, r₂] ∘ [r₁, in]·[in, r₂]
        var terms = Wide(first.B).t().matmul(Wide(second.B)).mul(Wide(first.A).matmul(Wide(second.A).t()));
        double sum = terms.sum().item<double>(), size = terms.abs().sum().item<double>();
        return Math.Abs(sum) <= Cancelled * size ? 0 : sum * first.Scaling * second.Scaling;
    }

    /// <summary>The cosine of the angle between two updates.</summary>
    /// <param name="first">The one update.</param>
    /// <param name="second">The other, of the same layer; its rank may differ.</param>
    /// <returns>A number from −1 to 1; 0 where one of the two is zero.</returns>
    /// <exception cref="ArgumentException">The widths of the two differ.</exception>
    public static double CosineSimilarity(LoraDelta first, LoraDelta second) => Cosine(InnerProduct(first, second), FrobeniusNorm(first), FrobeniusNorm(second));

    /// <summary>The cosine from an inner product and two norms.</summary>
    internal static double Cosine(double inner, double firstNorm, double secondNorm) =>
        firstNorm > 0 && secondNorm > 0 ? Math.Clamp(inner / firstNorm / secondNorm, -1, 1) : 0;

    static Tensor Wide(Tensor factor) => factor.cpu().to(ScalarType.Float64);
}
