namespace LoraComposition.Experiments;

/// <summary>What the scores of subsets of the modules say, in words: what the number of modules changes, and what their choice and the seeds change.</summary>
public static class SubsetReading
{
    /// <summary>Reads the scores of one method.</summary>
    /// <param name="table">The scores.</param>
    /// <returns>The sentences.</returns>
    public static IReadOnlyList<string> Of(SubsetTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var sentences = new List<string>();
        if (table.Sizes.Count > 1) sentences.Add(Numbers(table));
        if (table.Subsets.Count() > 1) sentences.Add(Best(table));
        sentences.AddRange(table.References.Select(reference => Reference(table.Sizes[^1], reference.Name, reference.Score)));
        return sentences;
    }

    static string Numbers(SubsetTable table)
    {
        SubsetSize first = table.Sizes[0], last = table.Sizes[^1], widest = table.Sizes.MaxBy(size => size.Most - size.Least)!;
        double change = table.Sizes.Max(size => size.Mean) - table.Sizes.Min(size => size.Mean), choice = widest.Most - widest.Least;
        double? seeds = Seeds(table);
        string trend = $"From {Modules(first.Modules)} to {last.Modules} the mean goes from {SummaryGrid.Percent(first.Mean)} to {SummaryGrid.Percent(last.Mean)} % (the means differ by at most {SummaryGrid.Percent(change)} points); "
            + $"subsets of {Modules(widest.Modules)} differ by up to {SummaryGrid.Percent(choice)} points";
        if (seeds is null) return $"{trend}; with one seed the spread of the seeds is unknown, so neither difference can be told from chance.";
        // The highest and the lowest are picked, so chance alone puts them more than one deviation apart.
        string verdict = (change > 2 * seeds, choice > 2 * seeds) switch
        {
            (false, false) => "neither stands out from the seeds",
            (false, true) => "which modules they are matters, their number does not stand out from the seeds",
            (true, false) => "the number of modules matters, which they are does not stand out from the seeds",
            _ => change >= choice ? "the number of modules matters more than which they are" : "which modules they are matters more than their number",
        };
        return $"{trend}; the seeds of one subset have a standard deviation of {SummaryGrid.Percent(seeds.Value)} points: {verdict}.";
    }

    static string Best(SubsetTable table)
    {
        var best = table.Subsets.MaxBy(subset => subset.Score.Mean)!;
        return $"The best of {table.Subsets.Count()} subsets is {best.Name} with {SummaryGrid.Percent(best.Score.Mean)} %; it is picked by the test score, so this is too high an estimate for it.";
    }

    static string Reference(SubsetSize largest, string name, ScoreStatistics score)
    {
        double difference = score.Mean - largest.Mean, spread = Math.Max(score.StandardDeviation, largest.Subsets.Max(subset => subset.Score.StandardDeviation));
        bool single = score.Runs == 1 || largest.Subsets.Any(subset => subset.Score.Runs == 1);
        string caution = single ? " (one seed: the spread is unknown)" : Math.Abs(difference) <= spread ? " (within the spread of the seeds)" : "";
        return $"{name} has {SummaryGrid.Percent(score.Mean)} %, {SummaryGrid.Percent(Math.Abs(difference))} points {(difference >= 0 ? "above" : "below")} the composition of {Modules(largest.Modules)}{caution}.";
    }

    // The root of the mean variance; null where some subset has one run.
    static double? Seeds(SubsetTable table) => table.Subsets.All(subset => subset.Score.Runs > 1) ? Math.Sqrt(table.Subsets.Average(subset => subset.Score.StandardDeviation * subset.Score.StandardDeviation)) : null;

    static string Modules(int count) => count == 1 ? "1 module" : $"{count} modules";
}
