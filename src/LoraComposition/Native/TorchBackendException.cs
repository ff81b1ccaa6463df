namespace LoraComposition;

/// <summary>TorchSharp's native library or libtorch cannot be used. The message names the file or folder, what was expected and found, and what to do.</summary>
public sealed class TorchBackendException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public TorchBackendException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
