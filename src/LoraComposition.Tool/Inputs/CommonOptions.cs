using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>Options that several commands share. But for the global one they are made anew for each command, because an option belongs to one.</summary>
static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    /// <summary>What every <c>--base</c> takes; what is special to a command follows it.</summary>
    public const string BaseDescription = "The base model: a model-hub folder, or owner/name or owner/name@revision on the hub.";

    /// <summary>What every <c>--adapter</c> takes; what is special to a command follows it.</summary>
    public const string AdapterDescription = "A LoRA adapter: a PEFT folder, or owner/name of one on the hub.";

    public const string Many = "May be given many times, or with several folders.";

    public static Option<string> Base(string models = "A ViT or a T5.") => new("--base") { Description = $"{BaseDescription} {models}", HelpName = "DIR", Required = true };

    public static Option<string[]> Adapters(string more = Many) => new("--adapter")
    {
        Description = $"{AdapterDescription} {more}",
        HelpName = "DIR",
        Required = true,
        AllowMultipleArgumentsPerToken = true
    };

    public static Option<int> Seed(int seed = 0) => new("--seed") { Description = "The seed of every random choice; the same seed gives the same result.", DefaultValueFactory = _ => seed, HelpName = "N" };

    public static Option<bool> AsStored() => new("--as-stored")
    {
        Description = "Read pictures as their files store them, as Pillow does, instead of turned upright by their orientation tag (EXIF) as viewers show them; what is written records it.",
    };

    /// <summary>Whether samples that cannot be used are left out.</summary>
    public static Option<bool> SkipDamaged() => new("--skip-damaged")
    {
        Description = "Leave out pictures, or rows of a file of texts, that cannot be used; without it they are refused together. The result lists them.",
    };

    /// <summary>To replace a file, not a folder.</summary>
    public static Option<bool> Replace() => new("--force") { Description = "Replace files that are there." };

    public static Option<string> Out() => new("--out")
    {
        Description = "The folder to write. It must be empty or missing, but for --force.",
        HelpName = "DIR",
        Required = true
    };

    public static Option<bool> Force() =>
        new("--force") { Description = "Write into a folder that is not empty; files of the same names are replaced, others are left." };
}
