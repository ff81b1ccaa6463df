namespace LoraComposition;

/// <summary>What a model computes or what is made of adapters is NaN or infinite. The message names what is at fault: the model, an adapter or a weight.</summary>
public sealed class NonFiniteException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is not finite, what is at fault and what to do.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public NonFiniteException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    internal static NonFiniteException OfOutputs() =>
        new("The model's outputs are not numbers (NaN); check its weights, those of its adapters and the weights of their composition, or compute in float32.");
}
