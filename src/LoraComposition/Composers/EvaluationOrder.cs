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
    /// <c>W = W₀ + B·diag(w̃)·A</c> once per step; the weights' gradient is the row sum of <c>(Bᵀ·(∂yᵀ·x))∘A</c>. The cheapest for many tokens and
    /// many modules, because its cost does not grow with tokens × rank.
    /// </summary>
    MaterialisedByWeight,
}
