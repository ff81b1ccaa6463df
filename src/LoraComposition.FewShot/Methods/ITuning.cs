using LoraComposition.FewShot.Training;

namespace LoraComposition.FewShot.Methods;

/// <summary>A model made ready for one method.</summary>
public interface ITuning : IDisposable
{
    /// <summary>What trains besides the head; null where the body stays as it is.</summary>
    TrainableGroup? Body { get; }

    /// <summary>What a reader wants to know of the trained state, as a JSON-serialisable value; null where there is nothing.</summary>
    object? Describe();

    /// <summary>Makes evaluation as cheap as the plain model until the result is disposed.</summary>
    IDisposable? FixForEvaluation();
}
