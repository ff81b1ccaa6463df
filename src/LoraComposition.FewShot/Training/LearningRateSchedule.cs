namespace LoraComposition.FewShot.Training;

/// <summary>A linear rise, then a cosine down to zero, computed from the step alone so that it has no state to lose.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The part of the full learning rate at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="warmUpFraction">The part of them over which the rate rises.</param>
    public static double Factor(int step, int steps, double warmUpFraction)
    {
        double warmUp = Math.Max(1, warmUpFraction * steps);
        if (step < warmUp && warmUpFraction > 0) return (step + 1) / (warmUp + 1);
        double progress = steps <= warmUp ? 1 : (step - warmUp) / (steps - warmUp);
        return 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1)));
    }
}
