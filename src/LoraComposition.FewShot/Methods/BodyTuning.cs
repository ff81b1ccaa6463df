using LoraComposition.FewShot.Training;

namespace LoraComposition.FewShot.Methods;

/// <summary>A tuning that has nothing to describe or to fix: what is attached, and what of it trains.</summary>
internal sealed class BodyTuning(TrainableGroup? body, IDisposable? attachment = null) : ITuning
{
    public TrainableGroup? Body => body;

    public object? Describe() => null;

    public IDisposable? FixForEvaluation() => null;

    public void Dispose() => attachment?.Dispose();
}
