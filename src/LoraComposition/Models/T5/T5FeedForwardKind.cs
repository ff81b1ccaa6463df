namespace LoraComposition.Models;

/// <summary>What a T5 block computes after attention.</summary>
public enum T5FeedForwardKind
{
    /// <summary><c>wo·relu(wi·x)</c>, as T5 1.0.</summary>
    Relu,

    /// <summary><c>wo·(gelu(wi_0·x) ∘ wi_1·x)</c> with the tanh approximation of GELU, as T5 1.1 and Flan-T5.</summary>
    GatedGelu,
}
