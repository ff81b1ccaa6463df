namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Texts with labels, and questions with choices of their own, in words that the tiny tokenizer knows.</summary>
internal static class TinyTexts
{
    public static QuestionDataset Labelled(int count, int firstNumber = 0, params string[] labels)
    {
        string[] names = labels.Length > 0 ? labels : ["first", "second"];
        AnswerOption[] options = [.. names.Select((label, n) => AnswerOption.Lettered(n, label))];
        return new("texts", [.. Enumerable.Range(firstNumber, count).Select(i => new MultipleChoiceQuestion($"{i}", $"how many days {new string('x', i % 5)} {i}", options, i % names.Length))]);
    }

    public static QuestionDataset Questions(int count) => new("questions",
        [.. Enumerable.Range(0, count).Select(i => new MultipleChoiceQuestion($"{i}", $"which day {i}", [.. Enumerable.Range(0, 2 + i % 2).Select(n => AnswerOption.Lettered(n, $"{i} {n}"))], i % 2))]);
}
