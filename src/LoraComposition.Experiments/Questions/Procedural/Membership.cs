using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
