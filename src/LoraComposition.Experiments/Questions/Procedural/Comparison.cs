using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Which of four words of a scale stands at its beginning or its end?</summary>
internal sealed class Comparison() : ProceduralTask("comparison", 2)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        var scale = random.Pick(Lexicon.Scales);
        int[] positions = random.Pick([.. Enumerable.Range(0, scale.Count)], 4);
        bool most = random.Next(2) == 1;
        int answer = most ? positions.Max() : positions.Min();
        return new($"which {scale.Singular} is {(most ? scale.Most : scale.Least)} ?", scale.At(answer), [.. positions.Where(p => p != answer).Select(scale.At)]);
    }
}
