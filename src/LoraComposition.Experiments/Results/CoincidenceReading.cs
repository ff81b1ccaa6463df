namespace LoraComposition.Experiments;

/// <summary>Says which methods of a table coincide, and whether they answer alike: a reader else takes two names for two findings.</summary>
public static class CoincidenceReading
{
    /// <summary>The lines that stand under the table.</summary>
    /// <param name="summary">The table.</param>
    /// <param name="runs">Its runs.</param>
    /// <returns>A line for each set of methods that coincide at a K in three digits; none where no two do.</returns>
    public static IReadOnlyList<string> Of(Summary summary, IReadOnlyList<RunResult> runs)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(runs);
        var found = from shots in summary.Shots
                    from cell in summary.Rows.Where(row => ShotCount.Order(row.Shots) == ShotCount.Order(shots)).GroupBy(row => Math.Round(row.Mean, 3))
                    where cell.Count() > 1
                    select (Methods: Join([.. cell.Select(row => row.Method)]), Shots: ShotCount.Text(shots), Says: Predictions(runs, shots,
                        [.. cell.Select(row => row.Method)]));
        return [.. found.GroupBy(cell => (cell.Methods, cell.Says)).Select(same =>
            $"{same.Key.Methods} coincide to three digits at K = {string.Join(", ", same.Select(cell => cell.Shots))}; {same.Key.Says}.")];
    }

    static string Predictions(IReadOnlyList<RunResult> runs, int? shots, IReadOnlyList<string> methods)
    {
        var bySeed = runs.Where(r => r.Key.Shots == shots && methods.Contains(r.Key.Method)).GroupBy(r => r.Key.Seed)
            .Where(seed => seed.Count() == methods.Count).ToArray();
        if (bySeed.Length == 0) return "they have no seed in common";
        if (bySeed.Any(seed => seed.Any(run => run.Correct is null))) return "whether their predictions are identical is unknown: the results do not keep which samples were right";
        int same = bySeed.Count(seed => seed.Select(run => run.Correct).Distinct().Count() == 1);
        return same == bySeed.Length ? "their predictions are identical: with every seed they are right on the same test samples"
            : $"their predictions are not identical: with {Text(bySeed.Length - same)} of {Text(bySeed.Length)} seeds they are right on other test samples";
    }

    static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    static string Join(string[] names) => $"{string.Join(", ", names[..^1])} and {names[^1]}";
}
