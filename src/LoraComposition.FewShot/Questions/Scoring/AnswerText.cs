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

/// <summary>
/// How near a prediction is to an option: the word F1 of SQuAD after normalisation, and where that is equal, one minus the edit distance
/// (insertions, deletions, substitutions) of the stripped lower-case texts over the length of the longer one.
/// </summary>
/// <param name="WordF1">2·common / (words of one + words of the other), 0 to 1; a word counts as often as it occurs in both.</param>
/// <param name="Characters">1 − distance / longer length, 0 to 1.</param>
internal readonly record struct OptionSimilarity(double WordF1, double Characters) : IComparable<OptionSimilarity>
{
    const int LongestCompared = 1000;

    public static OptionSimilarity Of(string prediction, string option) =>
        new(F1(AnswerText.Words(prediction), AnswerText.Words(option)), Likeness(Shortened(prediction), Shortened(option)));

    public int CompareTo(OptionSimilarity other) => WordF1.CompareTo(other.WordF1) is not 0 and var byWords ? byWords : Characters.CompareTo(other.Characters);

    static double F1(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        var left = other.GroupBy(w => w, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        int common = 0;
        foreach (string word in one)
        {
            if (left.TryGetValue(word, out int count) && count > 0) (left[word], common) = (count - 1, common + 1);
        }
        return common == 0 ? 0 : 2.0 * common / (one.Count + other.Count);
    }

    static double Likeness(string one, string other)
    {
        int longer = Math.Max(one.Length, other.Length);
        return longer == 0 ? 0 : 1 - (double)Distance(one, other) / longer;
    }

    static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }

    // The distance takes the product of the two lengths, and a model that runs on can write thousands of characters.
    static string Shortened(string text) => AnswerText.Stripped(text) is { Length: > LongestCompared } longText ? longText[..LongestCompared]
        : AnswerText.Stripped(text);
}
