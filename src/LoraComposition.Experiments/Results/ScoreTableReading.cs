namespace LoraComposition.Experiments;

/// <summary>What a table of scores says, in words: how much each row varies over the columns, and whether that is more than the seeds do.</summary>
public static class ScoreTableReading
{
    /// <summary>Reads a table.</summary>
    /// <param name="table">The scores.</param>
    /// <returns>A sentence for each row that has at least two results.</returns>
    public static IReadOnlyList<string> Of(ScoreTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return [.. table.Rows.Where(row => row.Cells.Count(cell => cell is not null) > 1).Select(row => Sentence(table, row.Name, row.Cells))];
    }

    static string Sentence(ScoreTable table, string name, IReadOnlyList<ScoreStatistics?> cells)
    {
        var results = table.Columns.Zip(cells).Where(pair => pair.Second is not null).Select(pair => (Column: pair.First, Score: pair.Second!)).ToArray();
        var (least, most) = (results.MinBy(r => r.Score.Mean), results.MaxBy(r => r.Score.Mean));
        double difference = most.Score.Mean - least.Score.Mean, spread = results.Max(r => r.Score.StandardDeviation);
        string seeds = $"the spread of the seeds ({SummaryGrid.Percent(spread)})";
        // The highest and the lowest are picked, so chance alone puts them more than one deviation apart.
        string caution = results.Any(r => r.Score.Runs == 1) ? "; with one seed the spread is unknown"
            : difference <= spread ? $", within {seeds}"
            : difference <= 2 * spread ? $", not clearly more than {seeds}" : $", more than twice {seeds}";
        return $"{name}: from {SummaryGrid.Percent(least.Score.Mean)} % ({table.ColumnTitle} {least.Column}) to {SummaryGrid.Percent(most.Score.Mean)} % ({table.ColumnTitle} {most.Column}), {SummaryGrid.Percent(difference)} points{caution}.";
    }
}
