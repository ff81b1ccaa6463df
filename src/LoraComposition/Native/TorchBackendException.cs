namespace LoraComposition.Native;

/// <summary>The libtorch of an existing install cannot be used. The message names the folder, what was expected and found, and what to do.</summary>
public sealed class TorchBackendException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public TorchBackendException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
