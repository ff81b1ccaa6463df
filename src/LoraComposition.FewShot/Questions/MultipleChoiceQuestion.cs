using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>One multiple-choice question, whichever data set and file layout it comes from.</summary>
public sealed record MultipleChoiceQuestion
{
    /// <summary>Creates a question.</summary>
    /// <param name="id">What the data set calls it.</param>
    /// <param name="question">The question.</param>
    /// <param name="options">The answers to choose from, at least two, each with a label of its own; copied.</param>
    /// <param name="answerIndex">The position of the right answer in <paramref name="options"/>; null where it is hidden.</param>
    /// <param name="context">The text the question is about; null where there is none.</param>
    /// <exception cref="ArgumentException">A text that must be there is missing, there are fewer than two options, a label is given twice, or the answer is
    /// none of the options.</exception>
    public MultipleChoiceQuestion(string id, string question, IReadOnlyList<AnswerOption> options, int? answerIndex, string? context = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Problem(id, question, options, answerIndex) is { } problem) throw new ArgumentException($"Question '{id}': {problem}");
        (Id, Question, Options, AnswerIndex, Context) = (id, question, [.. options], answerIndex, context);
    }

    /// <summary>What the data set calls the question.</summary>
    public string Id { get; }

    /// <summary>The question, as it is written in the data set.</summary>
    public string Question { get; }

    /// <summary>The answers to choose from, at least two.</summary>
    public IReadOnlyList<AnswerOption> Options { get; }

    /// <summary>The position of the right answer in <see cref="Options"/>; null where the data set hides it.</summary>
    public int? AnswerIndex { get; }

    /// <summary>The text the question is about; null where there is none.</summary>
    public string? Context { get; }

    /// <summary>The right answer.</summary>
    /// <exception cref="InvalidOperationException">The data set hides the answer.</exception>
    public AnswerOption Answer => AnswerIndex is { } index ? Options[index]
        : throw new InvalidOperationException($"The answer of question '{Id}' is hidden by its data set; train and score on a part that has answers.");

    /// <summary>The same question with another answer.</summary>
    internal MultipleChoiceQuestion WithAnswer(int index) => new(Id, Question, Options, index, Context);

    /// <summary>What is wrong with a question that is not made yet.</summary>
    /// <param name="id">What the data set calls it.</param>
    /// <param name="question">The question.</param>
    /// <param name="options">The answers to choose from.</param>
    /// <param name="answerIndex">The position of the right answer; null where it is hidden.</param>
    /// <returns>The problem in words; null where there is none.</returns>
    public static string? Problem(string id, string question, IReadOnlyList<AnswerOption> options, int? answerIndex)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (string.IsNullOrWhiteSpace(id)) return "expected an id, found an empty one.";
        if (string.IsNullOrWhiteSpace(question)) return "expected the text of a question, found an empty one.";
        if (options.Count < 2) return $"expected at least 2 options, found {options.Count}.";
        if (options.FirstOrDefault(o => string.IsNullOrWhiteSpace(o.Label)) is not null) return "expected a label for each option, found an empty one.";
        if (options.FirstOrDefault(o => string.IsNullOrWhiteSpace(o.Text)) is { } empty)
            return $"expected a text for each option, found an empty one ({empty.Label}).";
        if (options.GroupBy(o => o.Label, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            return $"expected a label of its own for each option, found '{twice.Key}' twice.";
        if (answerIndex is { } index && (uint)index >= (uint)options.Count) return $"expected an answer from 0 to {options.Count - 1}, found {index}.";
        return null;
    }
}

/// <summary>One of the answers a question offers.</summary>
/// <param name="Label">How the question refers to it: mostly A, B, C …, in some ARC items 1, 2, 3 ….</param>
/// <param name="Text">The answer itself.</param>
public sealed record AnswerOption(string Label, string Text)
{
    const int Letters = 26;

    /// <summary>An answer under a letter, A for the first; behind Z under its number.</summary>
    /// <param name="position">Its position, from 0.</param>
    /// <param name="text">The answer.</param>
    /// <returns>The option.</returns>
    public static AnswerOption Lettered(int position, string text) => new(position < Letters ? ((char)('A' + position)).ToString() : (position + 1).ToString(CultureInfo.InvariantCulture), text);
}

/// <summary>Puts the options of a question into a seeded order under unmoved labels.</summary>
internal static class OptionOrder
{
    public static MultipleChoiceQuestion Shuffle(MultipleChoiceQuestion question, int seed, int position)
    {
        int[] order = [.. Enumerable.Range(0, question.Options.Count)];
        new SeededRandom(RandomStream.Options, seed, position).Shuffle(order);
        AnswerOption[] options = [.. order.Select((from, to) => new AnswerOption(question.Options[to].Label, question.Options[from].Text))];
        int? answer = question.AnswerIndex is { } index ? Array.IndexOf(order, index) : null;
        return new MultipleChoiceQuestion(question.Id, question.Question, options, answer, question.Context);
    }
}
