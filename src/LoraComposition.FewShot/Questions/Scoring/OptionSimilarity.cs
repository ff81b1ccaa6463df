namespace LoraComposition.FewShot;

/// <summary>
/// How near a prediction is to an option: the word F1 of SQuAD after normalisation, and where that is equal, one minus the edit distance
/// (insertions, deletions, substitutions) of the stripped lower-case texts over the length of the longer one.
/// </summary>
/// <param name="WordF1">2·common / (words of one + words of the other), 0 to 1; a word counts as often as it occurs in both.</param>
/// <param name="Characters">1 − distance / longer length, 0 to 1.</param>
internal readonly record struct OptionSimilarity(double WordF1, double Characters) : IComparable<OptionSimilarity>
{
    const int LongestCompared = 1000;

    public static OptionSimilarity Of(string prediction, string option) => new(F1(AnswerText.Words(prediction), AnswerText.Words(option)), Likeness(Shortened(prediction), Shortened(option)));

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
    static string Shortened(string text) => AnswerText.Stripped(text) is { Length: > LongestCompared } longText ? longText[..LongestCompared] : AnswerText.Stripped(text);
}
