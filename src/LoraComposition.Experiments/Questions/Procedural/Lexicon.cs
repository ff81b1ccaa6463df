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
