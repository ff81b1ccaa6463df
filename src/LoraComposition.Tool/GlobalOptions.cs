using System.CommandLine;

namespace LoraComposition.Tool;

/// <summary>The options that every command has.</summary>
static class GlobalOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Write a log of what is done to standard error, and follow an error by its stack trace.", Recursive = true };
}
