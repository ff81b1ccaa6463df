using System.CommandLine;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary><c>inspect</c>: says what a file or folder holds.</summary>
static class InspectCommand
{
    static readonly Argument<string> path = new("PATH") { Description = "A safetensors file, an adapter folder or a checkpoint folder." };

    const string Description = "Says what a safetensors file, an adapter folder or a checkpoint folder holds.";

    const string Examples = """
        lora-compose inspect adapters/eurosat
        lora-compose inspect vit-base-patch32-224-in21k
        lora-compose inspect flan-t5-large
        lora-compose inspect model.safetensors --json
        """;

    public static Command Create()
    {
        var command = new ToolCommand("inspect", Description, Examples) { path };
        command.SetAction(parsed =>
        {
            ToolOutput.Write(parsed, Inspector.Inspect(parsed.GetValue(path)!), InspectionText.Print);
            return ExitCodes.Done;
        });
        return command;
    }
}
