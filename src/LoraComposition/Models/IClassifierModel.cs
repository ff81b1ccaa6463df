using TorchSharp.Modules;

namespace LoraComposition.Models;

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
