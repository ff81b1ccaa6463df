using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>How many words of a list are of a given category?</summary>
internal sealed class Counting() : ProceduralTask("counting", 7)
{
    const int Length = 5;
    static readonly string[] Answers = ["one", "two", "three", "four"];

    internal override QuestionDraft Draw(SeededRandom random)
    {
        // Numbers are only answers here.
        var category = random.Pick([.. Lexicon.Categories.Where(c => c != Lexicon.Numbers)]);
        int count = 1 + random.Next(Answers.Length);
        string[] others = [.. Lexicon.Words.Except(category.Words).Except(Lexicon.Numbers.Words)];
        string[] list = random.Pick([.. random.Pick(category.Words, count), .. random.Pick(others, Length - count)], Length);
        return new($"how many {category.Plural} are in the list : {string.Join(' ', list)} ?", Answers[count - 1], [.. Answers.Where((_, i) => i != count - 1)]);
    }
}
