using System.Diagnostics;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on a task of image classification. The features of frozen models are computed once for all runs.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageFewShotRunner : IFewShotRunner
{
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly ImageTrainer trainer;
    readonly int[] poolLabels;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="featureBatchSize">The images in a batch of frozen backbones.</param>
    /// <param name="logger">Is told what is done; nobody where not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    public ImageFewShotRunner(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys,
        int featureBatchSize = 32, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(moduleKeys);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureBatchSize, 1);
        (this.baseModel, this.task, this.moduleKeys) = (baseModel, task, moduleKeys);
        trainer = new ImageTrainer(baseModel, task.Train, modules, featureBatchSize, logger);
        poolLabels = task.Train.Dataset.Labels();
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Inputs => RunInputs.Of(baseModel.Fingerprint, task.Train.Dataset.Fingerprint, task.Test?.Dataset.Fingerprint);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Configure(ITuningMethod method, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new Dictionary<string, object?>
        {
            ["task"] = task.Name,
            ["classes"] = task.ClassNames,
            ["train"] = task.Train.Dataset.Fingerprint,
            ["test"] = task.Test?.Dataset.Fingerprint,
            ["pool"] = ConfigurationHash.Of(task.Pool),
            ["validation"] = ConfigurationHash.Of(task.Validation),
            ["foundation"] = baseModel.Fingerprint,
            ["preprocessing"] = baseModel.Preprocessing,
            ["dtype"] = baseModel.Dtype.ToString(),
            ["device"] = ComputeDevice.Describe(baseModel.Device),
            ["modules"] = method.NeedsModules ? moduleKeys : null,
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
    public FewShotOutcome Execute(ITuningMethod method, TuningOptions options, FewShotSplit support, ScoredPart part, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(support);
        options.Validate();
        var (images, indices) = Scored(part);
        using var trained = trainer.Train(method, new FewShotSamples(support, task.Validation), options, cancellation: cancellation);
        var clock = Stopwatch.StartNew();
        var score = trainer.Score(trained, images, indices, cancellation);
        return new FewShotOutcome
        {
            Accuracy = score.Accuracy,
            TestCount = indices.Count,
            Scores = new Dictionary<string, double> { ["loss"] = score.Loss },
            Training = trained.Outcome,
            TrainableParameters = trained.TrainableParameters,
            HeadParameters = trained.HeadParameters,
            Timings = new Dictionary<string, double>(trained.Timings) { ["test"] = Math.Round(clock.Elapsed.TotalSeconds, 3) },
            Findings = trained.Findings,
            Candidates = trained.Candidates,
        };
    }

    (PreprocessedImages Images, IReadOnlyList<int> Indices) Scored(ScoredPart part) => part switch
    {
        ScoredPart.Validation when task.Validation.Count > 0 => (task.Train, task.Validation),
        ScoredPart.Test when task.Test is { } test => (test, [.. Enumerable.Range(0, test.Dataset.Count)]),
        _ => throw new ArgumentException($"Task '{task.Name}' has no {(part == ScoredPart.Test ? "test" : "validation")} images.", nameof(part)),
    };

    /// <summary>Lets go of the frozen models and their features.</summary>
    public void Dispose() => trainer.Dispose();
}
