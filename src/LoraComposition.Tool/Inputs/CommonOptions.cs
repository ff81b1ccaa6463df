using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>Options that several commands share. But for the global one they are made anew for each command, because an option belongs to one.</summary>
static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    public static Option<string> Base(string models = "a ViT or a T5") =>
        new("--base") { Description = $"The base model, {models}: a model-hub folder, or owner/name or owner/name@revision on the hub.", HelpName = "DIR", Required = true };

    public static Option<string[]> Adapters(string what = "a PEFT folder") => new("--adapter")
    {
        Description = $"A LoRA adapter: {what}; or owner/name of one on the hub. Give it once for each adapter.",
        HelpName = "DIR",
        Required = true,
        AllowMultipleArgumentsPerToken = true
    };

    public static Option<string> Out() => new("--out")
    {
        Description = "The folder to write. It must be empty or missing, but for --force.",
        HelpName = "DIR",
        Required = true
    };

    public static Option<bool> Force() =>
        new("--force") { Description = "Write into a folder that is not empty; files of the same names are replaced, others are left." };
}
