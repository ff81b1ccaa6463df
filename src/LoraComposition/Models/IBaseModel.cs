using Microsoft.Extensions.Logging;

namespace LoraComposition.Models;

/// <summary>A whole model that a checkpoint holds: it can be adapted, written and disposed, whatever its family.</summary>
public interface IBaseModel : IAdaptableModel, IDisposable
{
    /// <summary>Writes the model to a folder in transformers' layout, the weights first; each file is replaced whole or not at all.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="options">Another type, several files, what to copy beside them; where not given, one file in the parameters' own types.</param>
    /// <param name="logger">Is told what was written; nobody where not given.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors. Files that were whole by then stay, others are as they were.</param>
    /// <exception cref="InvalidOperationException">An adapter is attached; detach or merge it first.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a number is too large for the type that was asked for. Nothing was written.</exception>
    /// <exception cref="CheckpointException">A file of <see cref="CheckpointSaveOptions.CompanionsFrom"/> is refused. Nothing was written.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    void Save(string folder, CheckpointSaveOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default);
}
