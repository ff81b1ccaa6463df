using System.Diagnostics;
using LoraComposition.Adapters;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;

namespace LoraComposition.FewShot.Experiments.Images;

/// <summary>Runs methods on a task of image classification. The features of frozen backbones are computed once for all runs.</summary>
public sealed class ImageFewShotRunner : IFewShotRunner
{
    readonly ImageFoundation foundation;
    readonly ImageTask task;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly TuningOptions options;
    readonly FrozenBackbones backbones;
    readonly ImageTraining training;
    readonly int[] poolLabels;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="foundation">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="options">The settings of the methods.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the task has no test images.</exception>
    public ImageFewShotRunner(ImageFoundation foundation, ImageTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(foundation);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(moduleKeys);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (task.Test is null) throw new ArgumentException($"Task '{task.Name}' has no test images.", nameof(task));
        (this.foundation, this.task, this.moduleKeys, this.options) = (foundation, task, moduleKeys, options);
        backbones = new FrozenBackbones(foundation, task.ClassNames, modules, options.EvaluationBatchSize);
        training = new ImageTraining(foundation, task, modules, options, backbones);
        poolLabels = task.Train.Dataset.Labels();
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
            ["task"] = task.Name,
            ["classes"] = task.ClassNames,
            ["train"] = task.Train.Dataset.Fingerprint,
            ["test"] = task.Test!.Dataset.Fingerprint,
            ["pool"] = ConfigurationHash.Of(task.Pool),
            ["validation"] = ConfigurationHash.Of(task.Validation),
            ["foundation"] = foundation.Fingerprint,
            ["preprocessing"] = foundation.Preprocessing,
            ["dtype"] = foundation.Dtype.ToString(),
            ["device"] = foundation.Device.type.ToString(),
            ["modules"] = method.NeedsModules ? moduleKeys : null,
            ["options"] = options,
        };
    }

    /// <inheritdoc/>
    public FewShotSplit Sample(int? shots, int seed) => FewShotSampler.Sample(poolLabels, task.ClassNames.Count, shots, seed, task.Pool);

    /// <inheritdoc/>
    public string? DescribeShortage(FewShotSplit support)
    {
        ArgumentNullException.ThrowIfNull(support);
        return support.ShortClasses.Count == 0 ? null
            : $"{support.ShortClasses.Count} classes hold fewer than {support.Shots} images, for example '{task.ClassNames[support.ShortClasses[0]]}'; all of theirs are used, and each result records the number.";
    }

    /// <inheritdoc/>
    public FewShotOutcome Execute(ITuningMethod method, FewShotSplit support, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(support);
        var test = task.Test!;
        using var trained = training.Train(method, support, NullProgressReporter.Instance, cancellation);
        var clock = Stopwatch.StartNew();
        var score = training.Score(trained, test, [.. Enumerable.Range(0, test.Dataset.Count)], cancellation);
        return new FewShotOutcome
        {
            Accuracy = score.Accuracy,
            TestCount = test.Dataset.Count,
            Scores = new Dictionary<string, double> { ["testLoss"] = score.Loss },
            Training = trained.Outcome,
            TrainableParameters = trained.TrainableParameters,
            HeadParameters = trained.HeadParameters,
            Timings = new Dictionary<string, double>(trained.Timings) { ["test"] = Math.Round(clock.Elapsed.TotalSeconds, 3) },
            Description = trained.Tuning.Describe(),
        };
    }

    /// <summary>Lets go of the backbones and their features.</summary>
    public void Dispose() => backbones.Dispose();
}
