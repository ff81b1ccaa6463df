using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>The words of a command line.</summary>
static class CommandTokens
{
    /// <summary>The words but those of some options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="leftOut">The options; each is a flag or has one value.</param>
    /// <returns>The words, in their order.</returns>
    public static IReadOnlyList<string> Without(ParseResult parsed, IReadOnlyList<Option> leftOut)
    {
        var kept = new List<string>();
        var tokens = parsed.Tokens;
        for (int i = 0; i < tokens.Count; i++)
        {
            if (leftOut.FirstOrDefault(option => option.Name == tokens[i].Value) is not { } option) kept.Add(tokens[i].Value);
            else if (option.ValueType != typeof(bool)) i++;
        }
        return kept;
    }
}
