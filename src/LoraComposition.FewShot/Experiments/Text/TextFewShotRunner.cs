using System.Diagnostics;
using LoraComposition.Adapters;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Training;
using LoraComposition.Models.T5;

namespace LoraComposition.FewShot.Experiments.Text;

/// <summary>Runs methods on a task of questions whose answers a T5 writes. K is the number of all questions to learn from.</summary>
public sealed class TextFewShotRunner : IFewShotRunner
{
    readonly TextFoundation foundation;
    readonly TextTask task;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly TuningOptions options;

    // A method that trains nothing answers alike for every K and seed, so it is tested once.
    readonly Dictionary<string, FewShotOutcome> untrained = [];

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="foundation">The model to adapt.</param>
    /// <param name="task">The downstream task.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="options">The settings of the methods; those of a head are not used.</param>
    /// <exception cref="ArgumentException">A setting is out of range, the task has no test questions, or some of them hide their answers.</exception>
    public TextFewShotRunner(TextFoundation foundation, TextTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(foundation);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(moduleKeys);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (task.Test is null) throw new ArgumentException($"Task '{task.Name}' has no test questions.", nameof(task));
        if (!task.Test.Dataset.HasAnswers) throw new ArgumentException($"Task '{task.Name}': the test questions hide their answers; test on a part that has them.", nameof(task));
        (this.foundation, this.task, this.modules, this.moduleKeys, this.options) = (foundation, task, modules, moduleKeys, options);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Inputs => new Dictionary<string, string>
    {
        ["foundation"] = foundation.Fingerprint,
        ["train"] = task.Train.Dataset.Fingerprint,
        ["test"] = task.Test!.Dataset.Fingerprint,
    };

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Configure(ITuningMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new Dictionary<string, object?>
        {
            ["task"] = task.Configuration,
            ["foundation"] = foundation.Fingerprint,
            ["dtype"] = foundation.Dtype.ToString(),
            ["device"] = foundation.Device.type.ToString(),
            ["modules"] = method.NeedsModules ? moduleKeys : null,
            ["options"] = options,
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
    public FewShotOutcome Execute(ITuningMethod method, FewShotSplit support, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(support);
        if (untrained.TryGetValue(method.Name, out var known)) return known;
        var timings = new Dictionary<string, double>();
        var clock = Stopwatch.StartNew();
        void Lap(string name)
        {
            timings[name] = Math.Round(clock.Elapsed.TotalSeconds, 3);
            clock.Restart();
        }

        using var model = foundation.Load();
        using var tuning = method.Begin(model, modules, options, support.Seed);
        Lap("load");
        var training = tuning.Body is { } body ? Train(model, tuning, body, support, cancellation) : new TrainingOutcome(0, 0, null, false);
        Lap("training");
        using var fixedWeights = tuning.FixForEvaluation();
        var test = task.Test!;
        var (scores, loss) = TextEvaluator.Score(model, test, [.. Enumerable.Range(0, test.Dataset.Count)], options.EvaluationBatchSize, cancellation);
        Lap("test");
        var outcome = new FewShotOutcome
        {
            Accuracy = scores.ExactMatch,
            TestCount = scores.Count,
            Scores = new Dictionary<string, double> { ["testLoss"] = loss, ["accuracy"] = scores.Accuracy, ["optionAccuracy"] = scores.OptionAccuracy },
            Training = training,
            TrainableParameters = tuning.Body?.Parameters.Sum(p => p.numel()) ?? 0,
            Timings = timings,
            Description = tuning.Describe(),
            Predictions = scores.Predictions,
        };
        if (tuning.Body is null) untrained[method.Name] = outcome;
        return outcome;
    }

    /// <summary>Does nothing: no model is kept between runs.</summary>
    public void Dispose()
    {
    }

    TrainingOutcome Train(T5Model model, ITuning tuning, TrainableGroup body, FewShotSplit support, CancellationToken cancellation)
    {
        ValidationScore Validate()
        {
            using var fixedWeights = tuning.FixForEvaluation();
            return TextEvaluator.Validate(model, task.Train, task.Validation, options.EvaluationBatchSize, cancellation);
        }
        return Trainer.Train([body], support.Indices, batch => TextEvaluator.Loss(model, task.Train, batch), task.Validation.Count > 0 ? Validate : null, options.Training, support.Seed, cancellation: cancellation);
    }
}
