using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>Options that several commands share. Made anew for each command, because an option belongs to one.</summary>
static class CommonOptions
{
    public static Option<string> Base(string models = "a ViT or a T5") => new("--base") { Description = $"The base model, {models}: a model-hub folder.", HelpName = "DIR", Required = true };

    public static Option<string[]> Adapters() => new("--adapter") { Description = "A LoRA adapter: a PEFT folder. Give it once for each adapter.", HelpName = "DIR", Required = true, AllowMultipleArgumentsPerToken = true };

    public static Option<string> Out() => new("--out") { Description = "The folder to write. It must be empty or missing, but for --force.", HelpName = "DIR", Required = true };

    public static Option<bool> Force() => new("--force") { Description = "Write into a folder that is not empty; files of the same names are replaced, others are left." };

    /// <summary>Reads the output folder.</summary>
    /// <exception cref="UsageException">It holds something and may not be written.</exception>
    public static string ReadOut(ParseResult parsed, Option<string> output, Option<bool> force)
    {
        string folder = parsed.GetValue(output)!;
        if (string.IsNullOrWhiteSpace(folder)) throw new UsageException("--out is empty; give a folder.");
        if (File.Exists(folder)) throw new UsageException($"--out {folder}: this is a file; give a folder.");
        if (!parsed.GetValue(force) && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"--out {folder}: the folder is not empty; give another, or --force to write into it.");
        return folder;
    }
}
