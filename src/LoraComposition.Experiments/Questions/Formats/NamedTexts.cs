using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One's own texts as one of several tasks, with a part of them to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">What may be learned from.</param>
/// <param name="Test">What is tested on: a fifth, of texts with labels a fifth of each label, drawn with a fixed seed.</param>
/// <param name="Template">How they are written for a model.</param>
public sealed record NamedTexts(string Name, QuestionDataset Train, QuestionDataset Test, IPromptTemplate Template)
{
    const int SplitSeed = 0;

    /// <summary>What a reader of the results must know of the data, a line each: what is tested on, what was left out.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Reads a file as <see cref="OwnTexts"/> does.</summary>
    /// <param name="name">What the task is called.</param>
    /// <param name="file">The file.</param>
    /// <param name="validation">The texts that will be held out of the training part: too many of them are a remark.</param>
    /// <returns>Both parts, complete in memory.</returns>
    /// <exception cref="DataException">The file is missing or damaged, or has too few texts to test on a part of them.</exception>
    public static NamedTexts Open(string name, string file, int validation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        // The experiments leave no rows out.
        var (questions, template) = OwnTexts.Open(file, labels: null, new RowFaults(file, skip: false, canSkip: false));
        bool labelled = template == OwnTextTemplates.Classification;
        int[] groups = [.. questions.Questions.Select(question => labelled ? question.AnswerIndex!.Value : 0)];
        var split = TrainValidationSplit.CreateByFraction(groups, groups.Max() + 1, ImageSplits.TestFraction, SplitSeed, RandomStream.TestPart);
        if (split.Validation.Count == 0) throw new DataException(file, $"a fifth of the texts is to be tested on, but there are only {questions.Count}; add some.");
        string? scarcity = NamedImages.Scarcity(name, split.Train.Count, validation, "texts");
        return new(name, Part(questions, name, split.Train), Part(questions, name, split.Validation), template)
        {
            Remarks =
            [
                .. SkippedRemark.Of(name, questions.Skipped),
                NamedImages.Share(name, split.Validation.Count, questions.Count, "texts", labelled ? "each label" : "all"),
                .. scarcity is null ? [] : (string[])[scarcity],
            ],
        };
    }

    static QuestionDataset Part(QuestionDataset questions, string name, IReadOnlyList<int> positions) =>
        new(name, [.. positions.Select(position => questions.Questions[position])]);
}
