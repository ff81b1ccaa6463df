namespace LoraComposition.FewShot;

/// <summary>How a head was trained before anything else.</summary>
/// <param name="Outcome">How that went.</param>
sealed record TrainedHead(TrainingOutcome Outcome)
{
    /// <summary>How it was fitted; null where it was trained by steps, or there is none.</summary>
    public FittedHead? Fitted { get; init; }

    /// <summary>The penalty on its squared weights beside the summed loss of the images, for features as they are.</summary>
    public double Decay { get; init; }
}
