namespace LoraComposition.FewShot;

/// <summary>
/// By the gradient of the loss with respect to the weight that each module has in the whole model, at the mean of all: the module whose weight would lower the loss
/// on the samples fastest is the first. It costs one forward and backward pass of the samples however many modules there are, and a thin product for each.
/// </summary>
/// <remarks>A module of larger updates has a larger gradient. It has no state of its own, so several threads may use it.</remarks>
public sealed class WeightGradient : IModuleChoice
{
    /// <inheritdoc/>
    public string Name => "gradient";

    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        return [.. trials.GradientOfWeights().Select(slope => -slope)];
    }
}
