namespace LoraComposition;

/// <summary>Two adapters compared at one layer.</summary>
/// <param name="Path">The layer's path.</param>
/// <param name="FirstNorm">The Frobenius norm of the first adapter's update; 0 where it leaves the layer alone.</param>
/// <param name="SecondNorm">The same of the second adapter.</param>
/// <param name="InnerProduct">The inner product of the two updates; 0 where one of the adapters leaves the layer alone.</param>
public sealed record LayerSimilarity(string Path, double FirstNorm, double SecondNorm, double InnerProduct)
{
    /// <summary>The cosine of the angle between the two updates, from −1 to 1; 0 where one of them is zero.</summary>
    public double Cosine => DeltaGeometry.Cosine(InnerProduct, FirstNorm, SecondNorm);
}
