using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One method against others at one K, over the seeds that both have.</summary>
static class RunComparison
{
    /// <summary>Compares one method with others, which are one family of comparisons.</summary>
    /// <param name="runs">The runs of one experiment.</param>
    /// <param name="shots">K.</param>
    /// <param name="first">The method.</param>
    /// <param name="others">Those it is compared with.</param>
    /// <returns>A comparison with each of the others that shares a seed with it.</returns>
    public static IReadOnlyList<MethodDifference> Of(IReadOnlyList<RunResult> runs, int? shots, string first, IReadOnlyList<string> others)
    {
        var ours = RunsOf(runs, shots, first);
        var found = others.Select(other => (Other: other, Difference: Of(ours, RunsOf(runs, shots, other)))).Where(c => c.Difference is not null).ToArray();
        var known = found.Where(c => c.Difference!.PValue is not null).ToArray();
        var adjusted = known.Zip(HolmCorrection.Adjust([.. known.Select(c => c.Difference!.PValue!.Value)])).ToDictionary(p => p.First.Other, p => p.Second);
        return [.. found.Select(c => new MethodDifference(first, c.Other, c.Difference!, adjusted.TryGetValue(c.Other, out double value) ? value : null,
            known.Length))];
    }

    static PairedDifference? Of(Dictionary<int, RunResult> first, Dictionary<int, RunResult> second)
    {
        int[] seeds = [.. first.Keys.Where(second.ContainsKey).Order()];
        return seeds.Length == 0 ? null : PairedDifference.Of([.. seeds.Select(seed => new PairedScores(first[seed].Accuracy, second[seed].Accuracy,
            CorrectSamples.Of(first[seed]) is { } one && CorrectSamples.Of(second[seed]) is { } other ? (one, other) : null))]);
    }

    static Dictionary<int, RunResult> RunsOf(IReadOnlyList<RunResult> runs, int? shots, string method) =>
        runs.Where(r => r.Key.Shots == shots && r.Key.Method == method).ToDictionary(r => r.Key.Seed);
}

/// <summary>One method against another.</summary>
/// <param name="First">The method.</param>
/// <param name="Second">The other.</param>
/// <param name="Paired">The difference.</param>
/// <param name="AdjustedPValue">The p-value by Holm's correction for all comparisons of the family; null where there is none.</param>
/// <param name="Family">How many comparisons of the family have a p-value.</param>
sealed record MethodDifference(string First, string Second, PairedDifference Paired, double? AdjustedPValue, int Family)
{
    /// <summary>Whether the first is better, or worse, by more than chance would make it.</summary>
    public bool IsSeen => Paired.Interval is { HoldsZero: false } && AdjustedPValue <= 0.05;

    /// <summary>What the numbers allow to be said.</summary>
    public string Sentence()
    {
        string points = SummaryGrid.Percent(Math.Abs(Paired.Difference));
        var (better, worse) = Paired.Difference >= 0 ? (First, Second) : (Second, First);
        if (Paired.Interval is not { } interval)
            return Paired.Difference == 0 ? $"no difference can be seen between {First} and {Second} (0.00 points)"
                : $"{better} is above {worse} by {points} points ({(Paired.Seeds == 1 ? "one seed: how much of it is chance is unknown"
                    : "the same with every seed: no interval")})";
        var (low, high) = Paired.Difference >= 0 ? (interval.Low, interval.High) : (-interval.High, -interval.Low);
        string difference = $"{points} points [{SummaryGrid.Percent(low)}, {SummaryGrid.Percent(high)}]";
        if (IsSeen) return $"{better} is better than {worse} by {difference}";
        string holm = interval.HoldsZero ? "" : $", since of {Family} comparisons one may look so by chance (Holm)";
        return $"no difference can be seen between {First} and {Second} ({difference}{holm})";
    }
}
