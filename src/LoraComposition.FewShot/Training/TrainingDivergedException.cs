namespace LoraComposition.FewShot;

/// <summary>The loss is not a number any more: the learning rate is too high for this task.</summary>
public sealed class TrainingDivergedException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="step">The step at which it was seen.</param>
    /// <param name="loss">The loss.</param>
    internal TrainingDivergedException(int step, double loss) : base($"The loss is {loss} at step {step}; lower the learning rate.")
    {
    }
}
