namespace LoraComposition.Experiments;

/// <summary>How much better one method is than another over the same seeds.</summary>
/// <param name="Difference">The mean difference of the scores.</param>
/// <param name="Seeds">The seeds that both have.</param>
/// <param name="Basis">What the interval is from.</param>
/// <param name="Interval">The 95 % interval of the difference; null where there is none.</param>
/// <param name="PValue">How often chance alone would give as large a difference if there were none; null where there is no interval.</param>
public sealed record PairedDifference(double Difference, int Seeds, IntervalBasis Basis, ConfidenceInterval? Interval, double? PValue)
{
    /// <summary>Compares scores of the same seeds: by <see cref="PairedBootstrap"/> where it is known which samples were right, else by the paired t interval.</summary>
    internal static PairedDifference Of(IReadOnlyList<PairedScores> seeds)
    {
        double mean = seeds.Sum(s => s.First - s.Second) / seeds.Count;
        return PairedBootstrap.TryOf(mean, seeds) ?? ByT(mean, seeds);
    }

    static PairedDifference ByT(double mean, IReadOnlyList<PairedScores> seeds)
    {
        int count = seeds.Count;
        if (count < 2) return new(mean, count, IntervalBasis.None, null, null);
        double deviation = ScoreStatistics.Of([.. seeds.Select(s => s.First - s.Second)]).StandardDeviation;
        // Where all seeds differ by the same they say nothing of how much others would; what is left is rounding.
        if (deviation < 1e-12) return new(mean, count, IntervalBasis.None, null, null);
        return new(mean, count, IntervalBasis.Seeds, ConfidenceInterval.OfMean(mean, deviation, count),
            StudentT.TwoSided(mean / (deviation / Math.Sqrt(count)), count - 1));
    }
}

/// <summary>What the interval of a difference is from.</summary>
public enum IntervalBasis
{
    /// <summary>There is none: one seed, or all seeds differ by the same, and which samples were right is not known.</summary>
    None,

    /// <summary>The seeds alone: the paired t interval.</summary>
    Seeds,

    /// <summary>Seeds and test samples, both drawn again; with one seed the test samples alone.</summary>
    SeedsAndSamples,
}

/// <summary>The scores of two methods with one seed.</summary>
/// <param name="First">The score of the first.</param>
/// <param name="Second">The score of the second.</param>
/// <param name="Bits">For each test sample whether the first and whether the second was right; null where that is not known.</param>
sealed record PairedScores(double First, double Second, (IReadOnlyList<bool> First, IReadOnlyList<bool> Second)? Bits = null);
