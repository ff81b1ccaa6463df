using LoraComposition.Files;

namespace LoraComposition;

/// <summary>A file or folder from outside was refused. The message names the file, what was expected, what was found and what to do.</summary>
public class ModelFileException : LoraCompositionException
{
    const int LongestMessage = 4000;

    /// <summary>Creates the exception for one file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected and found, without the path. It may quote the file: it is cut short, and control characters are spelled out.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public ModelFileException(string path, string message, Exception? inner = null) : base($"{path}: {Excerpt.Of(message, LongestMessage)}", inner) => Path = path;

    /// <summary>The file or folder that was refused.</summary>
    public string Path { get; }
}
