using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>The file that <c>--out</c> names.</summary>
static class OutputFile
{
    /// <summary>Reads and checks what the command line gives.</summary>
    /// <exception cref="UsageException">It is no place for a file, or there is one that may not be replaced.</exception>
    public static string Read(ParseResult parsed, Option<string> output, Option<bool> force)
    {
        string file = parsed.GetValue(output)!;
        if (string.IsNullOrWhiteSpace(file)) throw new UsageException($"{output.Name} is empty; give a file.");
        if (Directory.Exists(file)) throw new UsageException($"{output.Name} {file}: this is a folder; give a file.");
        if (!parsed.GetValue(force) && File.Exists(file)) throw new UsageException($"{output.Name} {file}: the file is there; give another, or --force to replace it.");
        return file;
    }
}
