using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>How the module of one upstream task comes about.</summary>
public interface IModuleTraining
{
    /// <summary>The task's name, which the module has too.</summary>
    string Name { get; }

    /// <summary>Everything that decides what the module becomes: base model, data and settings, as an object that can be written as JSON.</summary>
    object Configuration { get; }

    /// <summary>Trains the module.</summary>
    /// <param name="progress">Is told how far the work is; nobody where not given.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module, which the caller owns, and how the training went.</returns>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default);
}
