namespace LoraComposition.FewShot;

/// <summary>A model or adapter could not be fetched from a hub. The message names it, what went wrong and what to do, in one line.</summary>
public sealed class HubException : LoraCompositionException
{
    /// <summary>Creates the exception for one model or adapter.</summary>
    /// <param name="reference">What was asked for.</param>
    /// <param name="message">What went wrong and what to do, without what was asked for.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public HubException(string reference, string message, Exception? inner = null) : base($"{reference}: {message}", inner) => Reference = reference;

    /// <summary>What was asked for.</summary>
    public string Reference { get; }
}
