using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The linear CKA of what LoRA modules add to the output of a layer (section 5.6 of arXiv:2402.15414).</summary>
public static class ModuleCka
{
    /// <summary>
    /// Compares the outputs <c>X·ΔW₁ᵀ</c> and <c>X·ΔW₂ᵀ</c> of two updates over the same inputs X. With the scatter C of the inputs it is <c>‖ΔW₁CΔW₂ᵀ‖²_F /
    /// (‖ΔW₁CΔW₁ᵀ‖_F·‖ΔW₂CΔW₂ᵀ‖_F)</c>:
    /// the same number as <see cref="LinearCka.Compute"/> gives on the outputs, without the outputs.
    /// </summary>
    /// <param name="first">The one update.</param>
    /// <param name="second">The other, of the same layer; its rank may differ.</param>
    /// <param name="inputs">The layer's inputs.</param>
    /// <returns>A number from 0 to 1, invariant to the scale of the updates; 0 where one of the outputs is constant.</returns>
    /// <exception cref="ArgumentException">An update has another input width than the layer.</exception>
    public static double Compute(LoraDelta first, LoraDelta second, InputStatistics inputs)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (var delta in (LoraDelta[])[first, second])
            if (delta.InFeatures != inputs.InFeatures)
                throw new ArgumentException($"Expected updates of a layer with {inputs.InFeatures} inputs, found one with {delta.InFeatures}.");
        if (first.Scaling == 0 || second.Scaling == 0) return 0;
        double norms = Math.Sqrt(SquaredNorm(first, first, inputs)) * Math.Sqrt(SquaredNorm(second, second, inputs));
        // Rounding can lead past 1.
        return norms > 0 ? Math.Clamp(SquaredNorm(first, second, inputs) / norms, 0, 1) : 0;
    }

    /// <summary>Compares modules with another one at every layer that was listened to and that the other one adapts.</summary>
    /// <param name="model">The model that all of them are for.</param>
    /// <param name="modules">The modules, at least one.</param>
    /// <param name="reference">The module that they are compared with.</param>
    /// <param name="inputs">The inputs of the model's layers.</param>
    /// <returns>In the order of the forward pass: for each module a number from 0 to 1; 0 where it leaves the layer alone.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    public static IReadOnlyList<(AdapterSite Site, IReadOnlyList<double> Similarities)> Compute(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules,
        LoraAdapter reference, LayerInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(inputs);
        var compared = new List<(AdapterSite, IReadOnlyList<double>)>();
        foreach (var (site, deltas) in AdapterMatch.Resolve(model, [.. modules, reference], logger: null))
        {
            if (deltas[^1] is not { } other || !inputs.Statistics.TryGetValue(site, out var statistics)) continue;
            compared.Add((site, [.. deltas[..^1].Select(delta => delta is null ? 0 : Compute(delta, other, statistics))]));
        }
        return compared;
    }

    // ‖B₁MB₂ᵀ‖² = Σ (B₁ᵀB₁)M ∘ M(B₂ᵀB₂) with M = A₁CA₂ᵀ [r₁, r₂]: no matrix of the layer's size but C. The scalings cancel in the quotient.
    static double SquaredNorm(LoraDelta first, LoraDelta second, InputStatistics inputs)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor Wide(Tensor factor) => factor.to(ScalarType.Float64, inputs.Scatter.device);
        var (b1, b2) = (Wide(first.B), Wide(second.B));
        var m = Wide(first.A).matmul(inputs.Scatter).matmul(Wide(second.A).t());
        double sum = b1.t().matmul(b1).matmul(m).mul(m.matmul(b2.t().matmul(b2))).sum().item<double>();
        return Math.Max(sum, 0);
    }
}

/// <summary>Two adapters compared at one layer.</summary>
/// <param name="Path">The layer's path.</param>
/// <param name="FirstNorm">The Frobenius norm of the first adapter's update; 0 where it leaves the layer alone.</param>
/// <param name="SecondNorm">The same of the second adapter.</param>
/// <param name="InnerProduct">The inner product of the two updates; 0 where one of the adapters leaves the layer alone.</param>
public sealed record LayerSimilarity(string Path, double FirstNorm, double SecondNorm, double InnerProduct)
{
    /// <summary>The cosine of the angle between the two updates, from −1 to 1; 0 where one of them is zero.</summary>
    public double Cosine => DeltaGeometry.Cosine(InnerProduct, FirstNorm, SecondNorm);
}
