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
        return new($"which {scale.Singular} comes right {(step > 0 ? "after" : "before")} {asked} ?", answer,
            random.Pick([.. scale.Category.Words.Where(w => w != answer && w != asked)], 3));
    }
}

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

/// <summary>Three words of one category and one of another: which is the odd one?</summary>
internal sealed class OddOneOut() : ProceduralTask("odd-one-out", 1)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        var categories = random.Pick(Lexicon.Categories, 2);
        return new("which word does not belong with the others ?", random.Pick(categories[0].Words), random.Pick(categories[1].Words, 3));
    }
}

/// <summary>A category whose words have an order that everyone agrees on.</summary>
/// <param name="Category">The words in their order.</param>
/// <param name="Singular">What one of them is called: "number".</param>
/// <param name="Least">What a question calls the beginning: "the smallest".</param>
/// <param name="Most">What a question calls the end: "the largest".</param>
/// <param name="Cyclic">Whether the first follows the last, as Monday does Sunday.</param>
internal sealed record OrderedScale(WordCategory Category, string Singular, string Least, string Most, bool Cyclic)
{
    public int Count => Category.Words.Count;

    /// <summary>Whether a position is on the scale; a cycle has no end.</summary>
    public bool Has(int position) => Cyclic || (uint)position < (uint)Count;

    public string At(int position) => Category.Words[(position % Count + Count) % Count];
}
