using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on a task of questions whose answers a T5 writes. K is the number of all questions to learn from.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextFewShotRunner : FewShotRunner<T5Model, TokenizedQuestions>
{
    readonly TextBaseModel baseModel;
    readonly TextTask task;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentException">Some of the test questions hide their answers.</exception>
    public TextFewShotRunner(TextBaseModel baseModel, TextTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys,
        PhaseTimes? times = null, ILogger? logger = null)
        : this(baseModel, task, moduleKeys, Trainer(baseModel, task, modules, times, logger))
    {
    }

    TextFewShotRunner(TextBaseModel baseModel, TextTask task, IReadOnlyDictionary<string, string> moduleKeys, TextTrainer trainer)
        : base(task, baseModel.Fingerprint, moduleKeys, trainer) =>
        (this.baseModel, this.task) = (baseModel, task);

    /// <inheritdoc/>
    public override FewShotSplit Sample(int? shots, int seed) => FewShotSampler.SampleTotal(task.Train.Dataset.Count, shots, seed, task.Pool);

    private protected override Dictionary<string, object?> Configuration() => new()
    {
        ["task"] = task.Configuration,
        ["foundation"] = baseModel.Fingerprint,
        ["dtype"] = baseModel.Dtype.ToString(),
        ["device"] = ComputeDevice.Describe(baseModel.Device),
    };

    private protected override string Shortage(FewShotSplit support) =>
        $"the task has fewer than {support.Shots} questions to learn from; all {support.Indices.Count} are used, and each result records the number.";

    private protected override PartScore Score(TrainedModel<T5Model> trained, TokenizedQuestions samples, IReadOnlyList<int> indices,
        CancellationToken cancellation)
    {
        var (scores, loss) = TextTrainer.Score(trained, samples, indices, cancellation: cancellation);
        return new(scores.ExactMatch, [.. scores.Predictions.Select(prediction => prediction.ExactMatch)], new Dictionary<string, double>
        {
            ["loss"] = loss,
            ["accuracy"] = scores.Accuracy,
            ["optionAccuracy"] = scores.OptionAccuracy
        }, scores.Predictions);
    }

    static TextTrainer Trainer(TextBaseModel baseModel, TextTask task, IReadOnlyList<LoraAdapter> modules, PhaseTimes? times, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        if (task.Test is { Dataset.HasAnswers: false })
            throw new ArgumentException($"Task '{task.Name}': the test questions hide their answers; test on a part that has them.", nameof(task));
        return new TextTrainer(baseModel, task.Train, modules, times: times, logger: logger);
    }
}

/// <summary>One task: questions to learn from, with a validation part held out of them, and questions to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The questions that training and validation are drawn from.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The questions to test on, all of them; null for a task that is only learned from.</param>
public sealed record TextTask(string Name, TokenizedQuestions Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation, TokenizedQuestions? Test)
    : FewShotTask<TokenizedQuestions>(Name, Train, Pool, Validation, Test)
{
    /// <summary>What decides the task's results, by camelCase names.</summary>
    internal object Configuration => new
    {
        name = Name,
        train = Train.Dataset.Fingerprint,
        test = Test?.Dataset.Fingerprint,
        template = Train.Template.Name,
        lengths = Train.Lengths,
        pool = ConfigurationHash.Of(Pool),
        validation = ConfigurationHash.Of(Validation),
    };

    private protected override string SampleNoun => "questions";

    private protected override string FingerprintOf(TokenizedQuestions samples) => samples.Dataset.Fingerprint;

    private protected override int CountOf(TokenizedQuestions samples) => samples.Dataset.Count;
}
