namespace LoraComposition.FewShot;

/// <summary>What came out of a training.</summary>
/// <param name="Steps">The steps that were made.</param>
/// <param name="BestStep">The step whose state was kept; the last where there is no validation part.</param>
/// <param name="Validation">The score of that state, where there is a validation part.</param>
/// <param name="StoppedEarly">Whether the score had stopped rising before the last step.</param>
public sealed record TrainingOutcome(int Steps, int BestStep, ValidationScore? Validation, bool StoppedEarly)
{
    /// <summary>No step was made.</summary>
    public static TrainingOutcome Untrained { get; } = new(0, 0, null, false);

    /// <summary>The steps of one pass over the samples; 0 where no step was made.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>
    /// The pass over the samples in which the kept state was reached, counted from 1; 0 for the state before the first step, null where no step was made.
    /// </summary>
    public int? BestEpoch => StepsPerEpoch == 0 ? null : (BestStep + StepsPerEpoch - 1) / StepsPerEpoch;

    /// <summary>What was measured along the way: the start, where there is a validation part, and every check.</summary>
    public IReadOnlyList<TrainingCheck> History { get; init; } = [];
}

/// <summary>What was measured at one step of a training.</summary>
/// <param name="Step">The steps made by then.</param>
/// <param name="TrainingLoss">The mean loss of the batch of that step; null before the first step.</param>
/// <param name="Validation">The score on the validation part, where there is one.</param>
public sealed record TrainingCheck(int Step, double? TrainingLoss, ValidationScore? Validation);

/// <summary>How good a state is on held-out samples.</summary>
/// <param name="Accuracy">The part of the samples that is classified correctly.</param>
/// <param name="Loss">The mean cross-entropy.</param>
public readonly record struct ValidationScore(double Accuracy, double Loss)
{
    /// <summary>Whether this state is strictly better.</summary>
    /// <param name="other">The other state.</param>
    /// <param name="criterion">What is compared.</param>
    /// <returns>By loss: true where it is lower. By accuracy: true where that is higher, or equal with a lower loss.</returns>
    public bool IsBetterThan(ValidationScore other, StoppingCriterion criterion) => criterion == StoppingCriterion.Loss
        ? Loss < other.Loss
        : Accuracy > other.Accuracy || (Accuracy == other.Accuracy && Loss < other.Loss);
}
