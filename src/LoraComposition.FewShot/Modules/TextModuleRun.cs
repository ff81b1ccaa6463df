using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Trains a LoRA module of a T5 on texts with labels, or on questions with choices. There is no head: the T5 writes the answer.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextModuleRun : ModuleRun
{
    /// <summary>What a report calls the task of texts with labels.</summary>
    internal const string LabelTask = "text classification";

    readonly TextBaseModel baseModel;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="options">The settings; defaults where not given. Those of a head and of pictures are passed over.</param>
    /// <param name="validationShare">The part of the texts, of each label where they have labels, that is held out to stop the training by, in [0, 1); 0: the last state
    /// is kept. Default 0.1.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public TextModuleRun(TextBaseModel baseModel, ModuleTrainingOptions? options = null, double validationShare = 0.1, ILogger? logger = null)
        : base(baseModel, options, validationShare, logger) => this.baseModel = baseModel;

    /// <summary>What decides the numbers of a training, as a hash: the base, the texts and the settings. The key of its <see cref="TrainingStateFile"/>.</summary>
    /// <param name="questions">The texts as questions with their answers.</param>
    /// <param name="template">How they are written for the model.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string KeyOf(QuestionDataset questions, IPromptTemplate template)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(template);
        return KeyOf(questions.Fingerprint, template.Name);
    }

    /// <summary>Trains the module.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="questions">The texts as questions with their answers. Where all offer the same choices, these are the labels of a classification.</param>
    /// <param name="template">How they are written for the model.</param>
    /// <param name="state">A file that the training is kept in and goes on from; none where not given.</param>
    /// <param name="progress">Is told how far the work is, and each warning in a line.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module with its report, not saved yet. The caller owns it.</returns>
    /// <exception cref="DataException">An answer is hidden, or the tokenizer cannot tell two labels apart.</exception>
    /// <exception cref="ModelFileException">The file to go on from is damaged, or of another training.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TrainedModule Run(string name, QuestionDataset questions, IPromptTemplate template, TrainingStateFile? state = null, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(template);
        progress ??= NullProgressReporter.Instance;
        if (!questions.HasAnswers) throw new DataException(questions.Name, "expected the answer of every question, found some hidden; nothing can be learned from those.");
        var classes = questions.SharedChoices;
        int[] labels = [.. questions.Questions.Select(question => classes is null ? 0 : question.AnswerIndex!.Value)];
        var names = classes ?? ["questions"];
        var (train, validation) = Split(labels, names.Count);
        var tokens = new TokenizedQuestions(questions, template, baseModel.Tokenizer, new TextLengths());
        var warnings = new List<string>();
        var damaged = questions.Skipped.Damaged;
        if (damaged.Count > 0) Warn(warnings, $"{damaged.Count} texts cannot be used: {SkippedSample.Told(damaged).Names}; left out. {SkippedSample.Told(damaged).First}", progress);
        if (classes is not null) AnswerTokens.CheckLabels(baseModel.Tokenizer, questions.Name, classes);
        Warn(warnings, AnswerTokens.Unwritable(baseModel.Tokenizer, questions, template), progress);
        Warn(warnings, AnswerTokens.SameChoices(tokens), progress);
        using var trainer = new TextTrainer(baseModel, tokens, scoring: AnswerScoring.Choices, logger: Logger);
        var learned = new ModuleData(classes is null ? "multiple-choice questions" : LabelTask, questions.Name, questions.Fingerprint, Count(names, labels, train, validation), null) { Skipped = damaged };
        return Run(learned, () => trainer.TrainModule(name, train, validation, Options, state, progress, cancellation), warnings, progress);
    }
}
