using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Which word of a scale comes right before or right after another?</summary>
internal sealed class Neighbour() : ProceduralTask("neighbour", 5)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        var scale = random.Pick(Lexicon.Scales);
        int from, step;
        do
        {
            from = random.Next(scale.Count);
            step = random.Next(2) == 0 ? 1 : -1;
        }
        while (!scale.Has(from + step));

        string asked = scale.At(from), answer = scale.At(from + step);
        return new($"which {scale.Singular} comes right {(step > 0 ? "after" : "before")} {asked} ?", answer, random.Pick([.. scale.Category.Words.Where(w => w != answer && w != asked)], 3));
    }
}
