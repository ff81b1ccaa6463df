using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Three words of a scale with the same step between them, up or down: which is the next?</summary>
internal sealed class SequenceCompletion() : ProceduralTask("sequence-completion", 4)
{
    const int LongestStep = 3;

    internal override QuestionDraft Draw(SeededRandom random)
    {
        var scale = random.Pick(Lexicon.Scales);
        int start, step;
        do
        {
            start = random.Next(scale.Count);
            step = (1 + random.Next(LongestStep)) * (random.Next(2) == 0 ? 1 : -1);
        }
        while (!scale.Has(start + 3 * step));

        string answer = scale.At(start + 3 * step);
        string shown = string.Join(' ', Enumerable.Range(0, 3).Select(i => scale.At(start + i * step)));
        return new($"which word comes next : {shown} ?", answer, random.Pick([.. scale.Category.Words.Where(w => w != answer)], 3));
    }
}
