using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Which word stands at a given place of a list?</summary>
internal sealed class ListPosition() : ProceduralTask("list-position", 6)
{
    static readonly string[] places = ["first", "second", "third", "last"];

    internal override QuestionDraft Draw(SeededRandom random)
    {
        string[] list = random.Pick(Lexicon.Words, 4);
        int place = random.Next(4);
        return new($"which word is the {places[place]} in the list : {string.Join(' ', list)} ?", list[place], [.. list.Where((_, i) => i != place)]);
    }
}

/// <summary>Which of four words is in a list?</summary>
internal sealed class ListRecall() : ProceduralTask("list-recall", 8)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        string[] words = random.Pick(Lexicon.Words, 7);
        return new($"which word is in the list : {string.Join(' ', words[..4])} ?", words[random.Next(4)], words[4..]);
    }
}

/// <summary>How many words of a list are of a given category?</summary>
internal sealed class Counting() : ProceduralTask("counting", 7)
{
    const int Length = 5;
    static readonly string[] numberWords = ["one", "two", "three", "four"];

    internal override QuestionDraft Draw(SeededRandom random)
    {
        // Numbers are only answers here.
        var category = random.Pick([.. Lexicon.Categories.Where(c => c != Lexicon.Numbers)]);
        int count = 1 + random.Next(numberWords.Length);
        string[] others = [.. Lexicon.Words.Except(category.Words).Except(Lexicon.Numbers.Words)];
        string[] list = random.Pick([.. random.Pick(category.Words, count), .. random.Pick(others, Length - count)], Length);
        return new($"how many {category.Plural} are in the list : {string.Join(' ', list)} ?", numberWords[count - 1],
            [.. numberWords.Where((_, i) => i != count - 1)]);
    }
}

/// <summary>Which of four words is of a given category?</summary>
internal sealed class Membership() : ProceduralTask("membership", 3)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        var category = random.Pick(Lexicon.Categories);
        string[] others = [.. Lexicon.Words.Except(category.Words)];
        return new($"which word is one of the {category.Plural} ?", random.Pick(category.Words), random.Pick(others, 3));
    }
}
