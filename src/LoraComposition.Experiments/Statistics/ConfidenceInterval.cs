namespace LoraComposition.Experiments;

/// <summary>A 95 % confidence interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct ConfidenceInterval(double Low, double High)
{
    /// <summary>Whether zero lies in it.</summary>
    public bool HoldsZero => Low <= 0 && High >= 0;

    /// <summary>The t interval of the mean of some numbers; null for one number, whose spread is unknown.</summary>
    internal static ConfidenceInterval? OfMean(double mean, double standardDeviation, int count)
    {
        if (count < 2) return null;
        double reach = StudentT.Within(count - 1) * standardDeviation / Math.Sqrt(count);
        return new ConfidenceInterval(mean - reach, mean + reach);
    }

    /// <summary>The same for a score, which is from 0 to 1.</summary>
    internal static ConfidenceInterval? OfScore(double mean, double standardDeviation, int count) =>
        OfMean(mean, standardDeviation, count) is { } found ? new(Math.Max(0, found.Low), Math.Min(1, found.High)) : null;
}
