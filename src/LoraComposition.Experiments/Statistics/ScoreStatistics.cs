namespace LoraComposition.Experiments;

/// <summary>The scores of several runs of one setting.</summary>
/// <param name="Mean">Their mean, 0 to 1.</param>
/// <param name="StandardDeviation">Their sample standard deviation; 0 for a single run.</param>
/// <param name="Runs">Their number, at least 1.</param>
public sealed record ScoreStatistics(double Mean, double StandardDeviation, int Runs)
{
    /// <summary>The 95 % interval of the mean (Student's t), within 0 and 1; null for a single run.</summary>
    public ConfidenceInterval? Interval => ConfidenceInterval.OfScore(Mean, StandardDeviation, Runs);

    /// <summary>Summarises scores.</summary>
    /// <param name="scores">The scores, at least one.</param>
    /// <returns>Mean and spread.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static ScoreStatistics Of(IReadOnlyCollection<double> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count == 0) throw new ArgumentException("There are no scores to summarise.", nameof(scores));
        // The one place of mean and deviation. MathNet.Numerics has them too, for 1.6 MB beside every program in place of two lines.
        double mean = scores.Sum() / scores.Count;
        return new ScoreStatistics(mean, scores.Count > 1 ? Math.Sqrt(scores.Sum(s => (s - mean) * (s - mean)) / (scores.Count - 1)) : 0, scores.Count);
    }
}
