using System.Text;

namespace LoraComposition.Experiments;

/// <summary>Text in HTML and SVG.</summary>
static class MarkupText
{
    const char Replacement = '\uFFFD';

    /// <summary>Escapes what markup gives a meaning. Characters that XML cannot hold, or that turn the direction of the text around them, are replaced.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair) escaped.Append(c).Append(text[++i]);
            else escaped.Append(Entity(c) ?? (IsPlain(c) ? c.ToString() : Replacement.ToString()));
        }
        return escaped.ToString();
    }

    static string? Entity(char c) => c switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => null,
    };

    static bool IsPlain(char c) => c is '\n' or '\t' || !(char.IsControl(c) || char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF' || TurnsDirection(c));

    static bool TurnsDirection(char c) => c is '\u200E' or '\u200F' or '\u061C' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
