namespace LoraComposition;

/// <summary>In which order a composed layer multiplies. Every order gives the same result and the same gradients.</summary>
public enum EvaluationOrder
{
    /// <summary><c>x·W₀ᵀ + ((x·Aᵀ)∘w̃)·Bᵀ</c>: two thin products forward, three backward. The cheapest for few tokens.</summary>
    Stacked,

    /// <summary>
    /// <c>W = W₀ + B·diag(w̃)·A</c> once per step; the weights' gradient is <c>Σ over tokens of (x·Aᵀ)∘(∂y·B)</c>. The cheapest for many
    /// tokens and a total rank below the layer's width.
    /// </summary>
    MaterialisedByTokens,

    /// <summary>
    /// <c>W = W₀ + B·diag(w̃)·A</c> once per step; the weights' gradient is <c>Σ over outputs of ((∂yᵀ·x)·Aᵀ)∘B</c>. The cheapest for many tokens and
    /// many modules, because its cost does not grow with tokens × rank.
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
