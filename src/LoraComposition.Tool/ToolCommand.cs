using System.CommandLine;

namespace LoraComposition.Tool;

/// <summary>A command of the tool. Its examples stand at the end of its own help, not in the list of the commands.</summary>
/// <param name="name">What the user types.</param>
/// <param name="description">One line for the list of the commands.</param>
/// <param name="examples">Command lines, one a line.</param>
sealed class ToolCommand(string name, string description, string examples) : Command(name, description)
{
    public string Examples => examples;
}
