namespace LoraComposition.Experiments;

/// <summary>The difference of two means of which only the spread is known, not which runs belong together.</summary>
static class MeanDifference
{
    /// <summary>
    /// The 95 % interval by Student's t, with the degrees of freedom of the smaller number of runs, which is on the safe side of Welch's; null where one has a
    /// single run.
    /// </summary>
    /// <param name="first">The scores whose mean is higher, for example.</param>
    /// <param name="second">The others.</param>
    /// <param name="comparisons">Of how many comparisons this one was picked.</param>
    public static ConfidenceInterval? Interval(ScoreStatistics first, ScoreStatistics second, int comparisons = 1)
    {
        if (first.Runs < 2 || second.Runs < 2) return null;
        double error = Math.Sqrt(Variance(first) + Variance(second)), difference = first.Mean - second.Mean;
        double reach = StudentT.Within(Math.Min(first.Runs, second.Runs) - 1, 0.05 / comparisons) * error;
        return new ConfidenceInterval(difference - reach, difference + reach);
    }

    static double Variance(ScoreStatistics scores) => scores.StandardDeviation * scores.StandardDeviation / scores.Runs;
}
