using System.Text.RegularExpressions;

namespace LoraComposition.FewShot;

/// <summary>The normalisation of answers that SQuAD's exact match uses (Rajpurkar and others, 2016).</summary>
internal static partial class AnswerText
{
    const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Makes a text lower-case, drops the 32 ASCII punctuation characters, then the words a, an and the, and collapses white space.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The normalised text; it can be empty.</returns>
    public static string Normalize(string text) => string.Join(' ', Words(text));

    /// <summary>The words of the normalised text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The words in order; none where nothing is left.</returns>
    public static IReadOnlyList<string> Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string plain = string.Concat(text.ToLowerInvariant().Where(c => !Punctuation.Contains(c, StringComparison.Ordinal)));
        return WhiteSpace().Split(Article().Replace(plain, " ")).Where(w => w.Length > 0).ToArray();
    }

    /// <summary>Whether two texts are equal but for their case and the white space around them.</summary>
    internal static bool SameText(string one, string other) => Stripped(one) == Stripped(other);

    internal static string Stripped(string text) => text.Trim().ToLowerInvariant();

    [GeneratedRegex(@"\b(a|an|the)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Article();

    // The separators U+001C to U+001F are white space to the original's split, but not to \s.
    [GeneratedRegex(@"[\s\u001C-\u001F]+", RegexOptions.CultureInvariant)]
    private static partial Regex WhiteSpace();
}
