namespace LoraComposition.FewShot;

/// <summary>The questions of one part of a data set, complete in memory.</summary>
/// <remarks>Immutable.</remarks>
public sealed class QuestionDataset
{
    readonly MultipleChoiceQuestion[] questions;
    readonly Lazy<string> fingerprint;
    readonly Lazy<IReadOnlyList<string>?> sharedChoices;

    /// <summary>Gathers questions.</summary>
    /// <param name="name">What the data set is called in reports and messages.</param>
    /// <param name="questions">The questions, at least one, each id once; copied.</param>
    /// <param name="skipped">How many rows of the source became no question, and why. Default none.</param>
    /// <exception cref="ArgumentException">There are no questions, or an id is given twice.</exception>
    public QuestionDataset(string name, IReadOnlyList<MultipleChoiceQuestion> questions, SkippedRows? skipped = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(questions);
        if (questions.Count == 0) throw new ArgumentException($"Data set '{name}' holds no questions; give at least one.", nameof(questions));
        if (questions.GroupBy(q => q.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new ArgumentException($"Data set '{name}': expected each id once, found '{twice.Key}' twice.", nameof(questions));
        (Name, this.questions, Skipped) = (name, [.. questions], skipped ?? SkippedRows.None);
        fingerprint = new(() => FingerprintOf(this.questions));
        sharedChoices = new(() => SharedChoicesOf(this.questions));
    }

    /// <summary>What the data set is called in reports and messages.</summary>
    public string Name { get; }

    /// <summary>The number of questions.</summary>
    public int Count => questions.Length;

    /// <summary>The questions, in the order of their source.</summary>
    public IReadOnlyList<MultipleChoiceQuestion> Questions => questions;

    /// <summary>How many rows of the source became no question, and why.</summary>
    public SkippedRows Skipped { get; }

    /// <summary>Whether every question has its answer; the test parts of some data sets hide them.</summary>
    public bool HasAnswers => questions.All(q => q.AnswerIndex is not null);

    /// <summary>The choices, where all questions offer the same ones in the same order: the labels of a classification. Null where they differ.</summary>
    public IReadOnlyList<string>? SharedChoices => sharedChoices.Value;

    /// <summary>A hash of every question, option, answer and context, in lower-case hexadecimal.</summary>
    public string Fingerprint => fingerprint.Value;

    /// <summary>
    /// Puts the options of every question into a seeded order; the labels stay where they are. A data set whose answer tends to stand in one place needs it.
    /// </summary>
    /// <param name="seed">The seed; a question's order depends on it and on the question's position only.</param>
    /// <returns>A new data set.</returns>
    public QuestionDataset WithShuffledOptions(int seed) => new(Name, [.. questions.Select((q, position) => OptionOrder.Shuffle(q, seed, position))], Skipped);

    static string[]? SharedChoicesOf(MultipleChoiceQuestion[] questions)
    {
        string[] first = [.. questions[0].Options.Select(option => option.Text)];
        return questions.All(question => question.Options.Select(option => option.Text).SequenceEqual(first)) ? first : null;
    }

    static string FingerprintOf(MultipleChoiceQuestion[] questions)
    {
        using var hash = new ContentFingerprint();
        hash.Add("questions").Add(questions.Length);
        foreach (var question in questions)
        {
            hash.Add(question.Id).Add(question.Question).Add(question.Options.Count);
            foreach (var option in question.Options) hash.Add(option.Label).Add(option.Text);
            hash.Add(question.AnswerIndex ?? -1).Add(question.Context is null ? 0 : 1).Add(question.Context ?? "");
        }
        return hash.ToHex();
    }
}

/// <summary>A part of a data set.</summary>
public enum QuestionPart
{
    /// <summary>The training part.</summary>
    Train = 1,

    /// <summary>The validation part, also called dev or valid.</summary>
    Validation = 2,

    /// <summary>The test part.</summary>
    Test = 3,
}

/// <summary>The parts of a data set, as its publisher split it.</summary>
/// <param name="Train">The training part; null where the folder has none.</param>
/// <param name="Validation">The validation part (also called dev or valid); null where the folder has none.</param>
/// <param name="Test">The test part; null where the folder has none.</param>
public sealed record QuestionSplits(QuestionDataset? Train, QuestionDataset? Validation, QuestionDataset? Test);

/// <summary>Rows of a file that became no question. Report them with the result.</summary>
/// <param name="WithoutContext">Rows without the text that the question is about (SciQ's support).</param>
/// <param name="WithEmptyText">Rows whose question or one of whose options is empty.</param>
/// <param name="Repeated">Rows that say the same as an earlier row: the same question, options, answer and context.</param>
public sealed record SkippedRows(int WithoutContext, int WithEmptyText, int Repeated)
{
    /// <summary>Nothing was skipped.</summary>
    public static SkippedRows None { get; } = new(0, 0, 0);

    /// <summary>The rows that cannot be used and were to be left out; empty where there is none.</summary>
    public IReadOnlyList<SkippedSample> Damaged { get; init; } = [];

    /// <summary>The number of all skipped rows.</summary>
    public int Total => WithoutContext + WithEmptyText + Repeated + Damaged.Count;
}
