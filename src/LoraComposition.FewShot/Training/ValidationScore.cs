namespace LoraComposition.FewShot;

/// <summary>How good a state is on held-out samples: by accuracy, between equals by loss.</summary>
/// <param name="Accuracy">The part of the samples that is classified correctly.</param>
/// <param name="Loss">The mean cross-entropy.</param>
public readonly record struct ValidationScore(double Accuracy, double Loss)
{
    /// <summary>Whether this state is strictly better.</summary>
    /// <param name="other">The other state.</param>
    /// <returns>True where the accuracy is higher, or equal with a lower loss.</returns>
    public bool IsBetterThan(ValidationScore other) => Accuracy > other.Accuracy || (Accuracy == other.Accuracy && Loss < other.Loss);
}
