namespace LoraComposition.FewShot;

/// <summary>A linear rise, then a cosine down to zero, computed from the step alone so that it has no state to lose.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The part of the full learning rate at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="warmUpFraction">The part of them over which the rate rises.</param>
    public static double Factor(int step, int steps, double warmUpFraction)
    {
        double warmUp = warmUpFraction > 0 ? Math.Max(1, warmUpFraction * steps) : 0;
        if (step < warmUp) return (step + 1) / (warmUp + 1);
        return 0.5 * (1 + Math.Cos(Math.PI * (step - warmUp) / (steps - warmUp)));
    }
}
