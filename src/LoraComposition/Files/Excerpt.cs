namespace LoraComposition.Files;

/// <summary>Text from a file as messages show it: short, and without control characters, which a terminal would obey.</summary>
public static class Excerpt
{
    /// <summary>The text itself where it is short and plain.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">The most characters to show. Default 80.</param>
    /// <returns>The text, cut and with its control characters written out.</returns>
    public static string Of(string text, int longest = 80)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = text.Length <= longest ? text : text[..longest] + "…";
        return shown.Any(char.IsControl) ? string.Concat(shown.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) : shown;
    }
}
