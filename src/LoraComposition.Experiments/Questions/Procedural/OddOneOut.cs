using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Three words of one category and one of another: which is the odd one?</summary>
internal sealed class OddOneOut() : ProceduralTask("odd-one-out", 1)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        var categories = random.Pick(Lexicon.Categories, 2);
        return new("which word does not belong with the others ?", random.Pick(categories[0].Words), random.Pick(categories[1].Words, 3));
    }
}
