namespace LoraComposition.FewShot;

/// <summary>
/// By the held-out loss of each module alone with a head fitted over it, as <see cref="BestSingleModule"/> takes the best one. Where nothing can be held out, by the
/// loss on the samples themselves. It costs a fit for each module.
/// </summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class HeldOutLoss : IModuleChoice
{
    /// <inheritdoc/>
    public string Name => "held-out";

    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        return [.. Enumerable.Range(0, trials.Modules.Count).Select(module =>
            -(trials.HeldOut(new SingleModule(module))?.Loss ?? trials.Loss(StartingPoint.SingleModule(module))))];
    }
}
