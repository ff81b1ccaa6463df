using Microsoft.Extensions.Logging;
using TorchSharp.Modules;

namespace LoraComposition.Models;

/// <summary>A whole model that a checkpoint holds: it can be adapted, written and disposed, whatever its family.</summary>
public interface IBaseModel : IAdaptableModel, IDisposable
{
    /// <summary>Writes the model to a folder in transformers' layout, the weights first; each file is replaced whole or not at all.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="options">Another type, several files, what to copy beside them; where not given, one file in the parameters' own types.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; the folder is then as it was.</param>
    /// <exception cref="InvalidOperationException">An adapter is attached; detach or merge it first.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a number is too large for the type that was asked for. Nothing was written.</exception>
    /// <exception cref="CheckpointException">A file of <see cref="CheckpointSaveOptions.CompanionsFrom"/> is refused. Nothing was written.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    void Save(string folder, CheckpointSaveOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default);
}

/// <summary>A model whose linear layers can be adapted. The core attaches, merges and detaches through the sites alone.</summary>
public interface IAdaptableModel
{
    /// <summary>The layers that can be adapted, in the order of the forward pass.</summary>
    IReadOnlyList<AdapterSite> Sites { get; }

    /// <summary>The name that adapters record as their base, where known.</summary>
    string? BaseModelName { get; }

    /// <summary>Every parameter of the model with its name (TorchSharp's own member).</summary>
    /// <param name="recurse">Whether those of the modules in it are told too. Default true.</param>
    /// <returns>The parameters. Owned by the model.</returns>
    IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true);
}

/// <summary>A model with a head for the classes of one task: it can be trained whole beside adapted layers, saved with an adapter and put back.</summary>
public interface IClassifierModel : IAdaptableModel
{
    /// <summary>The head, weight <c>[classes, d]</c>, without what is attached to it; null where the model has none. Owned by the model.</summary>
    Linear? Classifier { get; }

    /// <summary>The names of the head's classes; empty where the model has no head.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Puts a trained head on the model. An old head is disposed.</summary>
    /// <param name="head">The head; copied.</param>
    /// <param name="classNames">The names of the classes; the head's own where not given, and where it has none, what the model calls them.</param>
    /// <exception cref="ArgumentException">The head does not fit the model, or has another number of classes than there are names.</exception>
    /// <exception cref="InvalidOperationException">An adapter is attached to the old head.</exception>
    void SetHead(SavedHead head, IReadOnlyList<string>? classNames = null);
}
