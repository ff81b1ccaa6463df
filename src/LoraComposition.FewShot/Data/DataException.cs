using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>A data file or folder was refused. The message names it, what was expected, what was found and what to do.</summary>
public class DataException : LoraCompositionException
{
    const int LongestMessage = 4000;

    /// <summary>Creates the exception for one file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected, what was found and what to do, without the path. It may quote the file: it is cut short, and control characters are spelled out.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public DataException(string path, string message, Exception? inner = null) : base($"{path}: {Excerpt.Of(message, LongestMessage)}", inner) =>
        (Path, Reason) = (path, Excerpt.Of(message, LongestMessage));

    /// <summary>Creates the exception for one file or folder with several faults.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="lines">What was expected, what was found and what to do, a line for each fault. Each is cut short, and control characters are spelled out.</param>
    public DataException(string path, IEnumerable<string> lines) : base($"{path}: {Joined(lines)}") => (Path, Reason) = (path, Joined(lines));

    /// <summary>The file or folder that was refused.</summary>
    public string Path { get; }

    /// <summary>What was expected, what was found and what to do, without the path.</summary>
    public string Reason { get; }

    static string Joined(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => Excerpt.Of(line, LongestMessage)));
}
