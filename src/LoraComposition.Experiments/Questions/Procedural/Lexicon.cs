using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The words of the embedded text benchmark, each in one category. "a", "an" and "the" are none of them, since scoring drops those.</summary>
internal static class Lexicon
{
    public static readonly WordCategory Numbers = Category(
        "numbers", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty");

    public static readonly WordCategory Days = Category("days", "monday tuesday wednesday thursday friday saturday sunday");

    public static readonly WordCategory Months = Category("months", "january february march april may june july august september october november december");

    /// <summary>By size.</summary>
    public static readonly WordCategory Animals = Category("animals", "ant mouse cat goat cow elephant whale");

    public static readonly IReadOnlyList<WordCategory> Categories =
    [
        Numbers, Days, Months, Animals,
        Category("colours", "red blue green yellow black white brown pink"),
        Category("fruits", "apple banana grape lemon pear plum cherry mango"),
        Category("clothes", "shirt shoe hat sock coat glove scarf skirt"),
        Category("tools", "hammer saw drill wrench chisel shovel rake axe"),
        Category("instruments", "piano violin drum flute guitar harp trumpet cello"),
    ];

    public static readonly IReadOnlyList<OrderedScale> Scales =
    [
        new(Numbers, "number", "the smallest", "the largest", Cyclic: false),
        new(Days, "day", "the first of the week", "the last of the week", Cyclic: true),
        new(Months, "month", "the first of the year", "the last of the year", Cyclic: true),
        new(Animals, "animal", "the smallest", "the largest", Cyclic: false),
    ];

    public static readonly IReadOnlyList<string> Words = [.. Categories.SelectMany(c => c.Words)];

    static WordCategory Category(string plural, string words) => new(plural, words.Split(' '));
}

/// <summary>Words of one kind. No word is in two categories.</summary>
/// <param name="Plural">What the kind is called: "numbers".</param>
/// <param name="Words">The words; those of a scale in its order.</param>
internal sealed record WordCategory(string Plural, IReadOnlyList<string> Words);

/// <summary>Draws out of lists.</summary>
internal static class RandomWords
{
    public static T Pick<T>(this SeededRandom random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>Different items in a random order.</summary>
    public static T[] Pick<T>(this SeededRandom random, IReadOnlyList<T> items, int count)
    {
        int[] order = [.. Enumerable.Range(0, items.Count)];
        random.Shuffle(order);
        return [.. order.Take(count).Select(i => items[i])];
    }
}

/// <summary>Every word that a question of the embedded text benchmark can hold, so that a tiny model can have a vocabulary of its own.</summary>
public static class ProceduralVocabulary
{
    const string Wording =
        "? : which word does not belong with others how many are is one in of the list comes next right before after first second third last smallest largest week year number day month animal";

    /// <summary>
    /// The words in ordinal order. Questions, options and prompts of the ARC template split at single spaces into these and nothing else: punctuation and the
    /// labels (A) to (D) count as words.
    /// </summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. Wording.Split(' ')
            .Concat(Lexicon.Words)
            .Concat(Lexicon.Categories.Select(c => c.Plural))
            .Concat(ProceduralQuestions.Labels.Select(label => $"({label})"))
            .Distinct().Order(StringComparer.Ordinal),
    ];
}
