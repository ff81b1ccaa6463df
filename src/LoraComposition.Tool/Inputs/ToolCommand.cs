using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace LoraComposition.Tool;

/// <summary>A command of the tool. Its examples stand at the end of its own help, not in the list of the commands.</summary>
/// <param name="name">What the user types.</param>
/// <param name="description">One line for the list of the commands.</param>
/// <param name="examples">Command lines, one a line.</param>
sealed class ToolCommand(string name, string description, string examples) : Command(name, description)
{
    public string Examples => examples;
}

/// <summary>The usual help, followed by the command's examples.</summary>
sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    // Whoever asks for help need not give what the command requires.
    public override bool ClearsParseErrors => usual.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not ToolCommand command) return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string line in command.Examples.Split('\n')) output.WriteLine($"  {line}");
        return code;
    }
}
