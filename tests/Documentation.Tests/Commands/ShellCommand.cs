using Documentation.Tests.Pages;

namespace Documentation.Tests.Commands;

/// <summary>One command of a <c>sh</c> block.</summary>
/// <param name="Place">Page and line.</param>
/// <param name="Text">The command on one line.</param>
/// <param name="Needs">What the block is marked to need; null where it can be run anywhere.</param>
internal sealed record ShellCommand(string Place, string Text, string? Needs)
{
    const string Tool = "lora-compose", Run = "dotnet run -c Release --project ";

    /// <summary>The project that <c>dotnet run</c> or the tool's name starts; null where it is another command.</summary>
    public string? Project => Words[0] == Tool ? "src/LoraComposition.Tool" : Text.StartsWith(Run, StringComparison.Ordinal) ? Text[Run.Length..].Split(' ')[0] : null;

    /// <summary>What the program is given.</summary>
    public string[] Arguments => Words[0] == Tool ? Words[1..] : Array.IndexOf(Words, "--") is var dashes and >= 0 ? Words[(dashes + 1)..] : [];

    /// <summary>The command without the folders that it names here: its first five words.</summary>
    public string Start => string.Join(' ', Words.Take(5));

    string[] Words => Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The commands of a block: a line each, comments and empty lines left out, a backslash at the end goes on.</summary>
    public static IEnumerable<ShellCommand> Of(CodeBlock block)
    {
        string started = "";
        foreach (string line in block.Lines)
        {
            string text = started + line.Split(" #")[0].Trim();
            started = text.EndsWith('\\') ? text[..^1].TrimEnd() + " " : "";
            if (started.Length == 0 && text.Length > 0 && text[0] != '#') yield return new ShellCommand(block.Place, text, block.Needs);
        }
    }
}
