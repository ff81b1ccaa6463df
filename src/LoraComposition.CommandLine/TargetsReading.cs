using LoraComposition.Models;

namespace LoraComposition.CommandLine;

/// <summary>The layers of a LoRA, as the command line spells them.</summary>
public static class TargetsReading
{
    const string All = "all";

    static readonly Dictionary<string, LinearRole> roles = new(StringComparer.Ordinal)
    {
        ["q"] = LinearRole.Query,
        ["k"] = LinearRole.Key,
        ["v"] = LinearRole.Value,
        ["o"] = LinearRole.Output,
    };

    /// <summary>What the option says of itself.</summary>
    public static string Description => $"The layers that a LoRA changes, of {Names}, or all: every layer of the blocks.";

    /// <summary>What can be written, in words.</summary>
    public static string Names { get; } = $"{string.Join(", ", roles.Keys)} (query, key, value, output)";

    /// <summary>Reads a list such as <c>q,k,v</c>, or <c>all</c>: every layer of the blocks.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">The text.</param>
    /// <returns>The roles, each once.</returns>
    /// <exception cref="UsageException">A name is unknown or occurs twice.</exception>
    public static IReadOnlyList<LinearRole> Read(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == All) return LoraTuning.AllRoles;
        LinearRole[] read = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(name => roles.TryGetValue(name, out var role) ? role
            : throw new UsageException($"{option} {text}: '{name}' is not one of {string.Join(", ", roles.Keys)}, or {All} alone."))];
        return read.Distinct().Count() == read.Length ? [.. read.Order()] : throw new UsageException($"{option} {text}: a layer occurs twice.");
    }
}
