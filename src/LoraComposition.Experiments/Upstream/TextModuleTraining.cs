using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>A LoRA for a task of questions whose answers a T5 writes.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextModuleTraining : IModuleTraining
{
    readonly TextBaseModel baseModel;
    readonly TextTask task;
    readonly ModuleTrainingOptions options;
    readonly ILogger? logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The model.</param>
    /// <param name="task">The task; all of its pool is learned from.</param>
    /// <param name="options">The settings; there is no head to warm up.</param>
    /// <param name="logger">Is told how the training goes; nobody where not given.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public TextModuleTraining(TextBaseModel baseModel, TextTask task, ModuleTrainingOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.baseModel, this.task, this.options, this.logger) = (baseModel, task, options, logger);
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
        using var trainer = new TextTrainer(baseModel, task.Train, logger: logger);
        return trainer.TrainModule(task.Name, task.Pool, task.Validation, options, progress, cancellation);
    }
}
