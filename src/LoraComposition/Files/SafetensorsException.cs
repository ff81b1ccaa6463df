namespace LoraComposition.Files;

/// <summary>A safetensors file was refused. The message names the file, the tensor or byte, what was expected, what was found and what to do.</summary>
public sealed class SafetensorsException : ModelFileException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file that was refused.</param>
    /// <param name="message">What was expected and found, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal SafetensorsException(string path, string message, Exception? inner = null) : base(path, message, inner)
    {
    }
}
