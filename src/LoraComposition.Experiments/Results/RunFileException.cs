namespace LoraComposition.Experiments;

/// <summary>The file of a run cannot be used. The message names the file, what is wrong with it and what to do.</summary>
public class RunFileException : LoraCompositionException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="message">What is wrong and what to do, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal RunFileException(string path, string message, Exception? inner = null) : base($"{path}: {message}", inner) => Path = path;

    /// <summary>The file that cannot be used.</summary>
    public string Path { get; }
}
