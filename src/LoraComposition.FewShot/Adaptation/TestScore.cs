namespace LoraComposition.FewShot;

/// <summary>The chosen model on the test images, which were used for nothing else.</summary>
/// <param name="Count">The number of images.</param>
/// <param name="Accuracy">The part that is classified correctly.</param>
/// <param name="Loss">The mean cross-entropy.</param>
public sealed record TestScore(int Count, double Accuracy, double Loss)
{
    /// <summary>The standard error of the accuracy.</summary>
    public double StandardError => Math.Sqrt(Accuracy * (1 - Accuracy) / Count);
}
