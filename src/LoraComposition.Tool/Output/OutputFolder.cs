using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Files;

namespace LoraComposition.Tool;

/// <summary>The folder that <c>--out</c> names.</summary>
static class OutputFolder
{
    /// <summary>Reads and checks what the command line gives.</summary>
    /// <exception cref="UsageException">It holds something and may not be written.</exception>
    public static string Read(ParseResult parsed, Option<string> output, Option<bool> force)
    {
        string folder = parsed.GetValue(output)!;
        if (string.IsNullOrWhiteSpace(folder)) throw new UsageException("--out is empty; give a folder.");
        if (File.Exists(folder)) throw new UsageException($"--out {folder}: this is a file; give a folder.");
        if (!parsed.GetValue(force) && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"--out {folder}: the folder is not empty; give another, or --force to write into it.");
        return folder;
    }

    /// <summary>Removes what killed runs left beside the folder, and says so in a line for each.</summary>
    public static string[] RemoveLeftovers(string folder) => Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is { } parent
        ? [.. StagedFolder.RemoveLeftovers(parent).Select(leftover => $"Removed {leftover}, which a run left that was killed.")]
        : [];
}
