using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.Experiments;

/// <summary>A LoRA for a task of questions whose answers a T5 writes.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextModuleTraining : IModuleTraining
{
    const int EvaluationBatchSize = 128;
    readonly TextBaseModel baseModel;
    readonly TextTask task;
    readonly UpstreamOptions options;
    readonly ILogger logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The model the module is trained on.</param>
    /// <param name="task">The upstream task.</param>
    /// <param name="options">How it is trained; there is no head to warm up.</param>
    /// <param name="logger">Is told what is done; nobody where not given.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public TextModuleTraining(TextBaseModel baseModel, TextTask task, UpstreamOptions options, ILogger? logger = null)
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
        dtype = baseModel.Dtype.ToString(),
        task = task.Configuration,
        options,
    };

    /// <inheritdoc/>
    public (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        progress ??= NullProgressReporter.Instance;
        using var model = baseModel.Load();
        using var tuning = LoraTuning.Attach(model, options.Lora, options.Seed, options.LoraRoles, logger: logger);
        ValidationScore Validate() => TextEvaluator.Validate(model, task.Train, task.Validation, EvaluationBatchSize, cancellation);
        using var steps = progress.Begin($"module {task.Name}: LoRA", options.Training.StepsFor(task.Pool.Count));
        var outcome = Trainer.Train([new TrainableGroup(tuning.TrainableParameters(), options.LearningRate, options.WeightDecay)],
            task.Pool, batch => TextEvaluator.Loss(model, task.Train, batch), task.Validation.Count > 0 ? Validate : null, options.Training, options.Seed, logger, steps, cancellation);
        return (tuning.ToAdapter(task.Name), outcome);
    }
}
