using System.Text.RegularExpressions;

namespace LoraComposition;

/// <summary>A pattern of layer paths from a configuration. It comes from outside, so each match has a time limit.</summary>
internal sealed class PeftRegex
{
    static readonly TimeSpan timeout = TimeSpan.FromSeconds(1);

    readonly string file;
    readonly string setting;
    readonly string pattern;
    readonly Regex regex;

    PeftRegex(string file, string setting, string pattern, string anchored)
    {
        (this.file, this.setting, this.pattern) = (file, setting, pattern);
        try
        {
            regex = new Regex(anchored, RegexOptions.CultureInvariant, timeout);
        }
        catch (ArgumentException e)
        {
            throw new AdapterException(file, $"'{setting}' holds '{pattern}', which is not a regular expression: {e.Message}", e);
        }
    }

    /// <summary>A pattern that must match a whole path.</summary>
    public static PeftRegex Whole(string file, string setting, string pattern) => new(file, setting, pattern, $@"\A(?:{pattern})\z");

    /// <summary>A key of <c>rank_pattern</c> or <c>alpha_pattern</c>: it must match the end of a path, from its start or after a dot.</summary>
    public static PeftRegex Ending(string file, string setting, string pattern) => new(file, setting, pattern, $@"\A(.*\.)?({pattern})$");

    /// <summary>An entry of <c>layers_pattern</c>: the name of a list of blocks, with something in front of it and the index after it.</summary>
    public static PeftRegex Index(string file, string setting, string pattern) => new(file, setting, pattern, $@"\A.*\.{pattern}\.(\d+)\.");

    /// <summary>Whether the pattern matches a layer's path.</summary>
    /// <exception cref="AdapterException">The match took longer than the limit.</exception>
    public bool IsMatch(string layer) => Match(layer).Success;

    /// <summary>What the pattern's first group caught in a layer's path, or null where the pattern does not match.</summary>
    /// <exception cref="AdapterException">The match took longer than the limit.</exception>
    public string? FirstGroup(string layer) => Match(layer) is { Success: true } match ? match.Groups[1].Value : null;

    Match Match(string layer)
    {
        try
        {
            return regex.Match(layer);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new AdapterException(file,
                $"'{setting}' holds '{pattern}', which took more than {timeout.TotalSeconds} s to match '{layer}'; write it without nested repetition.", e);
        }
    }
}
