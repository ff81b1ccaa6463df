using System.CommandLine;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary><c>inspect</c>: says what a file or folder holds.</summary>
static class InspectCommand
{
    static readonly Argument<string> path = new("PATH") { Description = "A safetensors file, an adapter folder or a checkpoint folder, or owner/name of one on the hub." };

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
        // Ctrl+C is listened to only once the action has returned its task.
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string file;
            using (var progress = ProgressReporter.ForStandardError()) file = HubInputs.Folder(parsed, parsed.GetValue(path)!, progress, cancellation);
            ToolOutput.Write(parsed, Inspector.Inspect(file), InspectionText.Print);
            return ExitCodes.Done;
        }, CancellationToken.None));
        return command;
    }
}
