namespace LoraComposition.FewShot;

/// <summary>
/// By the features: the linear CKA (arXiv:1905.00414) of the features of the samples under each module alone and their classes, from 0 to 1. No head is fitted. It
/// costs a pass of the samples for each module.
/// </summary>
/// <remarks>For tasks with classes, that is for images. It has no state of its own, so several threads may use it.</remarks>
public sealed class FeatureAlignment : IModuleChoice
{
    /// <inheritdoc/>
    public string Name => "features";

    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        return [.. Enumerable.Range(0, trials.Modules.Count).Select(module => trials.Alignment(StartingPoint.SingleModule(module)))];
    }
}
