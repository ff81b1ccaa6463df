using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Adapts a T5 to texts with labels, or to questions with choices: draws K to learn from, holds out others, tries every method, keeps the one that is best on those held
/// out and tests it once where there is a test part. What is chosen is the choice that the model holds for the most likely (<see cref="ChoiceScoring"/>).
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextAdaptation
{
    const int QuestionsForClasses = 5;   // questions have no classes that each would be held out of

    readonly TextBaseModel baseModel;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly TextAdaptationOptions options;
    readonly PhaseTimes times;
    readonly ILogger logger;

    /// <summary>Describes the adaptation.</summary>
    /// <param name="baseModel">The base. In bfloat16 methods are tried faster where the processor multiplies it; the model that is kept is in float32 all the same.</param>
    /// <param name="modules">The upstream modules, each with a name of its own; none where no method needs them. Not owned.</param>
    /// <param name="options">The settings.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentException">A setting is out of range, a method needs modules and there are none, or two have one name.</exception>
    public TextAdaptation(TextBaseModel baseModel, IReadOnlyList<LoraAdapter> modules, TextAdaptationOptions options, PhaseTimes? times = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(options);
        options.Check(modules);
        (this.baseModel, this.modules, this.options, this.times, this.logger) = (baseModel, modules, options, times ?? new PhaseTimes(), logger ?? NullLogger.Instance);
    }

    /// <summary>Tries the methods and keeps the best.</summary>
    /// <param name="data">The texts as questions with their answers, the training part at least. Where all offer the same choices, these are the labels.</param>
    /// <param name="template">How they are written for the model: one of the library's, by whose name the model's folder remembers it.</param>
    /// <param name="progress">Is told how far the work is, and each warning in a line.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The model and the report, not saved yet. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There is no training part, or the template is not one of the library's.</exception>
    /// <exception cref="DataException">An answer is hidden, the parts have other labels, or the tokenizer cannot tell two labels apart.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the base.</exception>
    /// <exception cref="TrainingDivergedException">A learning rate is too high.</exception>
    /// <exception cref="NonFiniteException">A module is out of all proportion to the base; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TextAdaptationResult Run(QuestionSplits data, IPromptTemplate template, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(template);
        if (data.Train is not { } train) throw new ArgumentException("There is no training part.", nameof(data));
        var reading = new TextReading(template.Name, options.Lengths);
        if (reading.Problem() is { } problem) throw new ArgumentException(problem, nameof(template));
        progress ??= NullProgressReporter.Instance;
        var started = DateTimeOffset.UtcNow;
        var begun = times.Read();
        var notes = new AdaptationNotes(progress, logger);
        Check(data, train);
        var labels = train.SharedChoices;
        var pool = data.Validation is { } heldOut ? Joined(train, heldOut) : train;
        notes.Add(Skipped(train));
        notes.Add(Damaged(data));
        notes.Add(AnswerTokens.Unwritable(baseModel.Tokenizer, pool, template));
        int validation = labels is null ? QuestionsForClasses * options.ValidationPerLabel : options.ValidationPerLabel;
        var samples = FewShotSamples.OfTexts(pool, train.Count, options.Shots, validation, options.Seed);
        notes.Add(samples.Warning);
        notes.Add(modules);

        var tokens = new TokenizedQuestions(pool, template, baseModel.Tokenizer, options.Lengths);
        notes.Add(AnswerTokens.SameChoices(tokens));
        using var trainer = new TextTrainer(baseModel, tokens, modules, AnswerScoring.Choices, times, logger);
        var search = new MethodSearch<T5Model>(trainer, baseModel.Load, options, notes, logger);
        var (trained, attempts) = search.Run(samples, progress, cancellation);
        using (trained)
        {
            AdaptedTextModel model;
            using (times.Enter(RunPhase.Load)) model = AdaptedTextModel.Take(trained, baseModel, labels ?? [], reading);
            try
            {
                var test = data.Test is null ? null : Test(model, new TokenizedQuestions(data.Test, template, baseModel.Tokenizer, options.Lengths), progress, cancellation);
                var took = times.Read().Since(begun);
                logger.ModelAdapted(model.Info.Method, (long)took.Total.TotalMilliseconds);
                var configuration = AdaptationConfiguration.Of(options, validation, baseModel) with { Text = reading };
                return new TextAdaptationResult(model, AdaptationReport.Of(model.Info.Method, attempts, Samples(data, pool, samples), configuration, test, notes.Warnings, started, took));
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
    }

    void Check(QuestionSplits data, QuestionDataset train)
    {
        foreach (var part in new[] { train, data.Validation, data.Test }.OfType<QuestionDataset>())
        {
            if (!part.HasAnswers) throw new DataException(part.Name, "expected the answer of every question, found some hidden; leave that part out.");
            if (train.SharedChoices is { } labels && !labels.SequenceEqual(part.SharedChoices ?? []))
                throw new DataException(part.Name, $"expected the labels of the training part ({NameList.Listed([.. labels.Select(label => $"'{label}'")], 5)}), found others.");
        }
        if (train.SharedChoices is { } classes) AnswerTokens.CheckLabels(baseModel.Tokenizer, train.Name, classes);
    }

    // Ids are of a file each; the part tells equal ones apart.
    static QuestionDataset Joined(QuestionDataset train, QuestionDataset validation) => new(train.Name,
        [.. train.Questions, .. validation.Questions.Select(q => new MultipleChoiceQuestion($"validation {q.Id}", q.Question, q.Options, q.AnswerIndex, q.Context))]);

    static string? Damaged(QuestionSplits data)
    {
        var all = DamagedOf(data);
        return all.Count == 0 ? null : $"{all.Count} texts cannot be used: {SkippedSample.Told(all).Names}; left out. {SkippedSample.Told(all).First}";
    }

    static IReadOnlyList<SkippedSample> DamagedOf(QuestionSplits data) => [.. new[] { data.Train, data.Validation, data.Test }.OfType<QuestionDataset>().SelectMany(part => part.Skipped.Damaged)];

    static string? Skipped(QuestionDataset data) => data.Skipped.Total == data.Skipped.Damaged.Count ? null
        : $"{data.Name}: {data.Skipped.Total - data.Skipped.Damaged.Count} rows were left out ({data.Skipped.WithEmptyText} are empty, {data.Skipped.Repeated} say the same as an earlier one, {data.Skipped.WithoutContext} lack their text).";

    TestScore Test(AdaptedTextModel model, TokenizedQuestions test, IProgressReporter progress, CancellationToken cancellation)
    {
        using var testing = times.Enter(RunPhase.Test);
        using var bar = progress.Begin("testing", test.Dataset.Count);
        var scores = ChoiceScoring.Validate(model.Model, test, [.. Enumerable.Range(0, test.Dataset.Count)], options.Tuning.EvaluationBatchSize, bar, cancellation).Score;
        return new TestScore(test.Dataset.Count, scores.Accuracy, scores.Loss);
    }

    AdaptedSamples Samples(QuestionSplits data, QuestionDataset pool, FewShotSamples samples)
    {
        var labels = pool.SharedChoices;
        return new AdaptedSamples(labels is null ? SampleKind.Questions : SampleKind.Texts)
        {
            Classes = [.. (labels ?? ["questions"]).Select((name, label) => new ClassSamples(name, samples.Support.EffectiveShots[label], samples.ValidationCounts[label]))],
            Training = [.. samples.Support.Indices.Select(i => pool.Questions[i].Id)],
            Validation = [.. samples.Validation.Select(i => pool.Questions[i].Id)],
            Skipped = DamagedOf(data),
            Inputs = AdaptedSamples.InputsOf(baseModel, data.Train!.Fingerprint, data.Validation?.Fingerprint, data.Test?.Fingerprint, modules),
        };
    }
}
