using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on a task of image classification. The features of frozen models are computed once for all runs.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageFewShotRunner : FewShotRunner<VisionTransformer, PreprocessedImages>
{
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly ImageTrainer trainer;
    readonly int[] poolLabels;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="featureBatchSize">The images in a batch of features. Default 32.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    public ImageFewShotRunner(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys,
        int featureBatchSize = 32, PhaseTimes? times = null, ILogger? logger = null)
        : this(baseModel, task, moduleKeys, Trainer(baseModel, task, modules, featureBatchSize, times, logger))
    {
    }

    ImageFewShotRunner(ImageBaseModel baseModel, ImageTask task, IReadOnlyDictionary<string, string> moduleKeys, ImageTrainer trainer)
        : base(task, baseModel.Fingerprint, moduleKeys, trainer) =>
        (this.baseModel, this.task, this.trainer, poolLabels) = (baseModel, task, trainer, task.Train.Dataset.Labels());

    /// <inheritdoc/>
    public override FewShotSplit Sample(int? shots, int seed) => FewShotSampler.Sample(poolLabels, task.ClassNames.Count, shots, seed, task.Pool);

    private protected override Dictionary<string, object?> Configuration() => new()
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
    };

    private protected override string Shortage(FewShotSplit support) =>
        $"{support.ShortClasses.Count} classes hold fewer than {support.Shots} images, for example '{task.ClassNames[support.ShortClasses[0]]}'; all of theirs are used, and each result records the number.";

    private protected override void Prepare(PreprocessedImages samples, IReadOnlyList<int> indices, CancellationToken cancellation)
    {
        using var decoding = trainer.Times.Enter(RunPhase.Decode);
        samples.Prepare(indices, cancellation: cancellation);
    }

    private protected override PartScore Score(TrainedModel<VisionTransformer> trained, PreprocessedImages samples, IReadOnlyList<int> indices,
        CancellationToken cancellation)
    {
        var (score, correct) = trainer.ScoreEach(trained, samples, indices, cancellation);
        return new(score.Accuracy, correct, new Dictionary<string, double> { ["loss"] = score.Loss }, null);
    }

    static ImageTrainer Trainer(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, int featureBatchSize,
        PhaseTimes? times, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        return new ImageTrainer(baseModel, task.Train, modules, featureBatchSize, times, logger);
    }
}
