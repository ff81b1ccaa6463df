using System.CommandLine;

namespace LoraComposition.Tool.Commands;

/// <summary><c>inspect</c>: says what a file or folder holds.</summary>
static class InspectCommand
{
    static readonly Argument<string> path = new("PATH") { Description = "A safetensors file, an adapter folder or a checkpoint folder." };

    public static Command Create()
    {
        var command = new Command("inspect", "Says what a safetensors file, an adapter folder or a checkpoint folder holds.") { path };
        command.SetAction(parsed => Run(parsed));
        return command;
    }

    static int Run(ParseResult parsed) => throw new NotImplementedException();
}
