using System.Diagnostics;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on a task of questions whose answers a T5 writes. K is the number of all questions to learn from.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextFewShotRunner : IFewShotRunner
{
    readonly TextBaseModel baseModel;
    readonly TextTask task;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly TextTrainer trainer;

    // A method that trains nothing answers alike for every K and seed, so it is tested once.
    readonly Dictionary<(string Method, ScoredPart Part), FewShotOutcome> untrained = [];

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="logger">Is told what is done; nobody where not given.</param>
    /// <exception cref="ArgumentException">Some of the test questions hide their answers.</exception>
    public TextFewShotRunner(TextBaseModel baseModel, TextTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(moduleKeys);
        if (task.Test is { Dataset.HasAnswers: false })
            throw new ArgumentException($"Task '{task.Name}': the test questions hide their answers; test on a part that has them.", nameof(task));
        (this.baseModel, this.task, this.moduleKeys) = (baseModel, task, moduleKeys);
        trainer = new TextTrainer(baseModel, task.Train, modules, logger);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Inputs => RunInputs.Of(baseModel.Fingerprint, task.Train.Dataset.Fingerprint, task.Test?.Dataset.Fingerprint);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Configure(ITuningMethod method, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new Dictionary<string, object?>
        {
            ["task"] = task.Configuration,
            ["foundation"] = baseModel.Fingerprint,
            ["dtype"] = baseModel.Dtype.ToString(),
            ["device"] = ComputeDevice.Describe(baseModel.Device),
            ["modules"] = method.NeedsModules ? moduleKeys : null,
        };
    }

    /// <inheritdoc/>
    public FewShotSplit Sample(int? shots, int seed) => FewShotSampler.SampleTotal(task.Train.Dataset.Count, shots, seed, task.Pool);

    /// <inheritdoc/>
    public string? DescribeShortage(FewShotSplit support)
    {
        ArgumentNullException.ThrowIfNull(support);
        return support.ShortClasses.Count == 0 ? null : $"the task has fewer than {support.Shots} questions to learn from; all {support.Indices.Count} are used, and each result records the number.";
    }

    /// <inheritdoc/>
    public FewShotOutcome Execute(ITuningMethod method, TuningOptions options, FewShotSplit support, ScoredPart part, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(support);
        options.Validate();
        var (questions, indices) = Scored(part);
        if (untrained.TryGetValue((method.Name, part), out var known)) return known;
        using var trained = trainer.Train(method, new FewShotSamples(support, task.Validation), options, cancellation: cancellation);
        var clock = Stopwatch.StartNew();
        var (scores, loss) = TextTrainer.Score(trained, questions, indices, cancellation: cancellation);
        var outcome = new FewShotOutcome
        {
            Accuracy = scores.ExactMatch,
            TestCount = scores.Count,
            Scores = new Dictionary<string, double> { ["loss"] = loss, ["accuracy"] = scores.Accuracy, ["optionAccuracy"] = scores.OptionAccuracy },
            Training = trained.Outcome,
            TrainableParameters = trained.TrainableParameters,
            Timings = new Dictionary<string, double>(trained.Timings) { ["test"] = Math.Round(clock.Elapsed.TotalSeconds, 3) },
            Findings = trained.Findings,
            Candidates = trained.Candidates,
            Predictions = scores.Predictions,
        };
        if (trained.TrainableParameters == 0) untrained[(method.Name, part)] = outcome;
        return outcome;
    }

    (TokenizedQuestions Questions, IReadOnlyList<int> Indices) Scored(ScoredPart part) => part switch
    {
        ScoredPart.Validation when task.Validation.Count > 0 => (task.Train, task.Validation),
        ScoredPart.Test when task.Test is { } test => (test, [.. Enumerable.Range(0, test.Dataset.Count)]),
        _ => throw new ArgumentException($"Task '{task.Name}' has no {(part == ScoredPart.Test ? "test" : "validation")} questions.", nameof(part)),
    };

    /// <summary>Lets go of what training kept.</summary>
    public void Dispose() => trainer.Dispose();
}

/// <summary>One task: questions to learn from, with a validation part held out of them, and questions to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The questions that training and validation are drawn from.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The questions to test on, all of them; null for a task that is only learned from.</param>
public sealed record TextTask(string Name, TokenizedQuestions Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation, TokenizedQuestions? Test)
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
}
