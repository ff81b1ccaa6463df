using LoraComposition.Files;

namespace LoraComposition;

/// <summary>
/// What these libraries throw of their own: something from outside was refused, or work cannot go on. Misuse of a member gives .NET's own
/// <see cref="ArgumentException"/> and <see cref="InvalidOperationException"/>.
/// </summary>
public abstract class LoraCompositionException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, what was expected and found, and what to do.</param>
    /// <param name="inner">The cause, where there is one.</param>
    protected LoraCompositionException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

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
