namespace LoraComposition.FewShot;

/// <summary>The best method against another one, on the same validation images.</summary>
/// <param name="Other">The other method.</param>
/// <param name="Difference">By how much the best is more accurate, at least 0.</param>
/// <param name="StandardError">The standard error of that difference if both were equally good: the square root of the number of images that only one of the two gets right, over the number of images.</param>
public sealed record MethodComparison(string Other, double Difference, double StandardError)
{
    /// <summary>Whether the difference is not larger than its standard error.</summary>
    public bool IsTie => !(Difference > StandardError);

    // With the paired images (McNemar) what both get right or wrong says nothing. The spread under "no difference" rather than the observed one:
    // else a single image that differs would already be more than its error.
    internal static MethodComparison Of(string other, IReadOnlyList<bool> best, IReadOnlyList<bool> others)
    {
        int onlyBest = best.Zip(others).Count(pair => pair is (true, false)), onlyOther = best.Zip(others).Count(pair => pair is (false, true));
        return new MethodComparison(other, (double)(onlyBest - onlyOther) / best.Count, Math.Sqrt(onlyBest + onlyOther) / best.Count);
    }
}
