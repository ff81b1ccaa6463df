namespace LoraComposition;

/// <summary>
/// In which order a composed layer multiplies. Every order gives the same result and the same gradients, up to rounding. With T tokens, width d in and c out
/// and R ranks of all modules together they differ in the number of multiplications.
/// </summary>
public enum EvaluationOrder
{
    /// <summary>
    /// <c>x·W₀ᵀ + ((x·Aᵀ)∘w̃)·Bᵀ</c>: two thin products forward and two backward, <c>2·T·R·(d+c)</c> multiplications. The cheapest for up to <c>d·c/(d+c)</c>
    /// tokens, which is half the width of a square layer.
    /// </summary>
    Stacked,

    /// <summary>
    /// <c>W = W₀ + B·diag(w̃)·A</c> in every forward pass; the gradient of w̃ is <c>Σ over tokens of (x·Aᵀ)∘(∂y·B)</c>: <c>R·d·c + T·R·(d+c)</c> multiplications.
    /// The cheapest for more tokens while R is no more than <c>d·c/(d+c)</c>, and for a larger R where the tokens are not many more.
    /// </summary>
    MaterialisedByTokens,

    /// <summary>
    /// <c>W = W₀ + B·diag(w̃)·A</c> in every forward pass; the gradient of w̃ is <c>Σ over outputs of ((∂yᵀ·x)·Aᵀ)∘B</c>: <c>2·R·d·c + T·d·c</c> multiplications.
    /// The cheapest for many tokens and many modules, as no product has both T and R in it. Where no gradient is wanted it is the same as the order before.
    /// </summary>
    MaterialisedByWeight,
}

/// <summary>The sizes that decide which order is the cheapest.</summary>
/// <param name="Tokens">The rows of the input, T.</param>
/// <param name="Rank">The ranks of all modules together, R.</param>
/// <param name="InFeatures">The width of the input, d.</param>
/// <param name="OutFeatures">The width of the output, c.</param>
internal readonly record struct LayerWork(long Tokens, long Rank, long InFeatures, long OutFeatures)
{
    /// <summary>The multiplications that one training step needs beyond the frozen layer's, forward and backward.</summary>
    public double TrainingCost(EvaluationOrder order) => order switch
    {
        EvaluationOrder.Stacked => 2 * Thin,
        EvaluationOrder.MaterialisedByTokens => Dense + Thin,
        EvaluationOrder.MaterialisedByWeight => 2 * Dense + (double)Tokens * InFeatures * OutFeatures,
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "Not an evaluation order."),
    };

    /// <summary>The order with the fewest multiplications.</summary>
    /// <param name="training">Whether the weights' gradient is wanted.</param>
    public EvaluationOrder Cheapest(bool training)
    {
        if (!training) return Thin <= Dense ? EvaluationOrder.Stacked : EvaluationOrder.MaterialisedByTokens;
        var best = EvaluationOrder.Stacked;
        foreach (var order in Enum.GetValues<EvaluationOrder>())
            if (TrainingCost(order) < TrainingCost(best)) best = order;
        return best;
    }

    double Thin => (double)Tokens * Rank * (InFeatures + OutFeatures);
    double Dense => (double)Rank * InFeatures * OutFeatures;
}
