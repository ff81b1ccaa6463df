using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LoraComposition.Experiments;

/// <summary>A LoRA for a task of image classification: the head is warmed up on features first, then both train.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageModuleTraining : IModuleTraining
{
    const int EvaluationBatchSize = 128;
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly UpstreamOptions options;
    readonly ILogger logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The model the module is trained on.</param>
    /// <param name="task">The upstream task. Not owned.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="logger">Is told what is done; nobody where not given.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public ImageModuleTraining(ImageBaseModel baseModel, ImageTask task, UpstreamOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.baseModel, this.task, this.options, this.logger) = (baseModel, task, options, logger ?? NullLogger.Instance);
    }

    /// <inheritdoc/>
    public string Name => task.Name;

    /// <inheritdoc/>
    public object Configuration => new
    {
        foundation = baseModel.Fingerprint,
        preprocessing = baseModel.Preprocessing,
        dtype = baseModel.Dtype.ToString(),
        task = task.Name,
        classes = task.ClassNames,
        data = task.Train.Dataset.Fingerprint,
        pool = ConfigurationHash.Of(task.Pool),
        validation = ConfigurationHash.Of(task.Validation),
        options,
    };

    /// <inheritdoc/>
    public (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        progress ??= NullProgressReporter.Instance;
        using var model = baseModel.Load(task.ClassNames, options.Seed);
        if (options.WarmUpEpochs > 0) WarmUp(model, progress, cancellation);

        using var tuning = LoraTuning.Attach(model, options.Lora, options.Seed, options.LoraRoles, logger: logger);
        foreach (var parameter in model.Classifier!.parameters()) parameter.requires_grad = true;
        model.train();
        var (type, device) = Evaluator.Place(model);
        using var batches = new ImageBatches(task.Train, task.Pool, device, type);
        Tensor Loss(int[] batch)
        {
            var (pixels, labels) = batches.Take(batch);
            return nn.functional.cross_entropy(model.call(pixels), labels);
        }
        ValidationScore Validate() => Evaluator.OnImages(model, task.Train, task.Validation, EvaluationBatchSize, cancellation: cancellation);
        using var steps = progress.Begin($"module {task.Name}: LoRA", options.Training.StepsFor(task.Pool.Count));
        var outcome = Trainer.Train([new TrainableGroup(tuning.TrainableParameters(), options.LearningRate, options.WeightDecay), Head(model, options.LearningRate)],
            task.Pool, Loss, task.Validation.Count > 0 ? Validate : null, options.Training, options.Seed, logger, steps, cancellation);
        return (tuning.ToAdapter(task.Name), outcome);
    }

    // The body is frozen here, so its features are computed once and the head trains on them.
    void WarmUp(VisionTransformer model, IProgressReporter progress, CancellationToken cancellation)
    {
        var training = options.Training with { Steps = null, Epochs = options.WarmUpEpochs };
        using var bank = new FeatureBank(model, task.Train, FeatureBank.DefaultBatchSize);
        using var bar = progress.Begin($"module {task.Name}: features", task.Pool.Count);
        using var features = bank.Features(task.Pool, bar, cancellation);
        using var labels = bank.Labels(task.Pool);
        HeadTraining.Run(model, Head(model, options.HeadWarmUpLearningRate), features, labels, validate: null, training, options.Seed, logger, cancellation);
    }

    TrainableGroup Head(VisionTransformer model, double rate) => new([.. model.Classifier!.parameters()], rate, options.WeightDecay);
}
