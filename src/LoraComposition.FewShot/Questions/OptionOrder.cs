namespace LoraComposition.FewShot;

/// <summary>Puts the options of a question into a seeded order under unmoved labels.</summary>
internal static class OptionOrder
{
    public static MultipleChoiceQuestion Shuffle(MultipleChoiceQuestion question, int seed, int position)
    {
        int[] order = [.. Enumerable.Range(0, question.Options.Count)];
        new SeededRandom(RandomStream.OptionOrder, seed, position).Shuffle(order);
        AnswerOption[] options = [.. order.Select((from, to) => new AnswerOption(question.Options[to].Label, question.Options[from].Text))];
        int? answer = question.AnswerIndex is { } index ? Array.IndexOf(order, index) : null;
        return new MultipleChoiceQuestion(question.Id, question.Question, options, answer, question.Context);
    }
}
