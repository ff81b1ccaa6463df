using LoraComposition.Files;

namespace LoraComposition;

/// <summary>An adapter was refused. The message names the file, the setting or layer, what was expected, what was found and what to do.</summary>
public sealed class AdapterException : ModelFileException
{
    /// <summary>Creates the exception for one adapter's file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected and found, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal AdapterException(string path, string message, Exception? inner = null) : base(path, message, inner)
    {
    }
}
