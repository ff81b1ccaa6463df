using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The file of a run cannot be used. The message names the file, what is wrong with it and what to do.</summary>
public class RunFileException : LoraCompositionException
{
    const int LongestMessage = 4000;

    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="message">What is wrong and what to do, without the path. It may quote the file: it is cut short, and control characters are spelled out.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal RunFileException(string path, string message, Exception? inner = null) : base($"{path}: {Excerpt.Of(message, LongestMessage)}", inner) => Path = path;

    private protected RunFileException(string path, params IReadOnlyList<string> lines) : base($"{path}: {string.Join('\n', lines.Select(line => Excerpt.Of(line, LongestMessage)))}") => Path = path;

    internal static Func<string, Exception?, RunFileException> For(string path) => (message, inner) => new(path, message, inner);

    /// <summary>The file that cannot be used.</summary>
    public string Path { get; }
}

/// <summary>The file of a run holds the result of another configuration or experiment. Nothing was changed.</summary>
public sealed class RunConflictException : RunFileException
{
    const string Remedy = "Choose another folder with --out, or remove the file to run it again.";

    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the run asked for.</param>
    /// <param name="found">What the file holds.</param>
    internal RunConflictException(string path, string expected, string found)
        : base(path, $"expected a result of {expected}, found one of {found}. {Remedy}") =>
        (Expected, Found) = (expected, found);

    /// <summary>Creates the exception for a run that was done with other settings.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">The hash of what the run asked for.</param>
    /// <param name="found">The hash of what the file holds.</param>
    /// <param name="differences">In which settings they differ, a line each; empty where that is not known.</param>
    internal RunConflictException(string path, string expected, string found, IReadOnlyList<string> differences)
        : base(path, differences.Count == 0 ? [$"expected a result of configuration {expected}, found one of configuration {found}. {Remedy}"]
            : ["this run was done with other settings.", .. differences.Select(line => $"  {line}"), Remedy]) =>
        (Expected, Found, Differences) = (expected, found, differences);

    /// <summary>What the run asked for.</summary>
    public string Expected { get; }

    /// <summary>What the file holds.</summary>
    public string Found { get; }

    /// <summary>The settings in which both differ, a line each; empty where they are not known, or the file is of another experiment.</summary>
    public IReadOnlyList<string> Differences { get; } = [];
}
