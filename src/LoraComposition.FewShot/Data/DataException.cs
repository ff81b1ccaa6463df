namespace LoraComposition.FewShot;

/// <summary>A data file or folder was refused. The message names it, what was expected, what was found and what to do.</summary>
public class DataException : LoraCompositionException
{
    /// <summary>Creates the exception for one file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected, what was found and what to do, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public DataException(string path, string message, Exception? inner = null) : base($"{path}: {message}", inner) => (Path, Reason) = (path, message);

    /// <summary>The file or folder that was refused.</summary>
    public string Path { get; }

    /// <summary>What was expected, what was found and what to do, without the path.</summary>
    public string Reason { get; }
}
