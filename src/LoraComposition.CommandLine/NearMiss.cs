using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>Finds the option or command that a mistyped word may have meant.</summary>
static class NearMiss
{
    /// <summary>A question that names the nearest, with a blank in front; empty where nothing is near.</summary>
    public static string Suggestion(ParseResult parsed, string word)
    {
        var names = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: var command }; result = result.Parent)
        {
            names.AddRange(command.Options.Where(option => !option.Hidden).Select(option => option.Name));
            if (result == parsed.CommandResult) names.AddRange(command.Subcommands.Select(inner => inner.Name));
        }
        var (name, distance) = names.Select(name => (name, Distance(word, name))).MinBy(pair => pair.Item2);
        // A third of the letters wrong is another word.
        return name is not null && distance <= Math.Max(1, word.TrimStart('-').Length / 3) ? $" Did you mean {name}?" : "";
    }

    /// <summary>How many letters have to be put in, left out, changed or swapped with the next to make one word of the other.</summary>
    static int Distance(string one, string other)
    {
        int[,] steps = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++) steps[i, 0] = i;
        for (int j = 0; j <= other.Length; j++) steps[0, j] = j;
        for (int i = 1; i <= one.Length; i++)
        {
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = steps[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                steps[i, j] = Math.Min(changed, 1 + Math.Min(steps[i - 1, j], steps[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) steps[i, j] = Math.Min(steps[i, j], 1 + steps[i - 2, j - 2]);
            }
        }
        return steps[one.Length, other.Length];
    }
}
