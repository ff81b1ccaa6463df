namespace LoraComposition.FewShot;

/// <summary>How long and in which steps something is trained with AdamW. arXiv:2402.15414 does not state these settings; every result records them.</summary>
public sealed record TrainingOptions
{
    /// <summary>The number of steps; null: <see cref="Epochs"/> decides. Default 100.</summary>
    public int? Steps { get; init; } = 100;

    /// <summary>The number of passes over the support set where <see cref="Steps"/> is null. Default 20.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>The samples in a batch. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The part of the steps over which the learning rate rises from zero; it then falls to zero as a cosine. Default 0.1.</summary>
    public double WarmUpFraction { get; init; } = 0.1;

    /// <summary>
    /// The norm to which the gradient of each group of parameters is clipped, the head's apart from the composition's; null: not clipped. Default 1.
    /// </summary>
    public double? ClipNorm { get; init; } = 1;

    /// <summary>How many times the validation part is looked at during training, evenly spread; the best state of these is kept. Default 10.</summary>
    public int Checks { get; init; } = 10;

    /// <summary>After how many checks without a better one training stops early. Default 5.</summary>
    public int Patience { get; init; } = 5;

    /// <summary>What makes a state the best: its loss on the validation part, which a few samples already tell apart, or its accuracy. Default the loss.</summary>
    public StoppingCriterion Criterion { get; init; } = StoppingCriterion.Loss;

    /// <summary>The number of steps for a support set.</summary>
    /// <param name="samples">The number of samples.</param>
    /// <returns>At least 1.</returns>
    public int StepsFor(int samples) => Steps ?? Epochs * ((samples + BatchSize - 1) / BatchSize);

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        if (Steps is < 1) throw new ArgumentException($"Steps is {Steps}; it must be at least 1.");
        if (Epochs < 1) throw new ArgumentException($"Epochs is {Epochs}; it must be at least 1.");
        if (BatchSize < 1) throw new ArgumentException($"The batch size is {BatchSize}; it must be at least 1.");
        if (WarmUpFraction is not (>= 0 and < 1)) throw new ArgumentException($"The warm-up fraction is {WarmUpFraction}; it must lie in [0, 1).");
        if (ClipNorm is { } norm && !(norm > 0)) throw new ArgumentException($"The clipping norm is {ClipNorm}; it must be positive.");
        if (Checks < 1 || Patience < 1) throw new ArgumentException($"Checks ({Checks}) and patience ({Patience}) must be at least 1.");
    }
}

/// <summary>By which of two numbers held-out scores are compared.</summary>
public enum StoppingCriterion
{
    /// <summary>The mean cross-entropy.</summary>
    Loss,

    /// <summary>The part classified correctly; between equals the cross-entropy.</summary>
    Accuracy,
}

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
