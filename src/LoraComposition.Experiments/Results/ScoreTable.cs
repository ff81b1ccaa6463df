using System.Globalization;
using System.Text;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Scores by two settings, for example method and number of modules: a table, a CSV file, and what a plot draws.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ScoreTable
{
    /// <summary>Gathers the cells.</summary>
    /// <param name="rowTitle">What a row is, for example <c>method</c>.</param>
    /// <param name="columnTitle">What a column is, for example <c>modules</c>.</param>
    /// <param name="columns">The columns, in order.</param>
    /// <param name="rows">The rows, in order, with a cell for each column; null where there is no result.</param>
    /// <exception cref="ArgumentException">A row has not one cell for each column.</exception>
    public ScoreTable(string rowTitle, string columnTitle, IReadOnlyList<string> columns, IReadOnlyList<(string Name, IReadOnlyList<ScoreStatistics?> Cells)> rows)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        foreach (var (name, cells) in rows)
            if (cells.Count != columns.Count)
                throw new ArgumentException($"Row '{name}': expected a cell for each of {columns.Count} columns, found {cells.Count}.", nameof(rows));
        (RowTitle, ColumnTitle, Columns, Rows) = (rowTitle, columnTitle, columns, rows);
    }

    /// <summary>What a row is.</summary>
    public string RowTitle { get; }

    /// <summary>What a column is.</summary>
    public string ColumnTitle { get; }

    /// <summary>The columns, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The rows, in order.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<ScoreStatistics?> Cells)> Rows { get; }

    /// <summary>The table as texts: the mean and its 95 % interval in percent, – where there is no result, and which is the highest of a column.</summary>
    public SummaryGrid Grid => new([RowTitle, .. Columns], [.. Rows.Select((row, index) => (SummaryGrid.Cell[])[new(row.Name), .. Columns.Select((_, column) => Cell(index, column))])]);

    /// <summary>Writes a line for each cell as CSV, whole or not at all: scores as fractions with ten digits, a point as decimal sign, lines ended by LF.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, ScoreTableCsv.Of(this));
    }

    /// <summary>Reads a table that <see cref="WriteCsv"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table, with ten digits of each score.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, or not such a table.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static ScoreTable ReadCsv(string path) => ScoreTableCsv.Read(path);

    /// <summary>A cell as text, and whether it is the highest of its column.</summary>
    internal SummaryGrid.Cell Cell(int row, int column)
    {
        if (Rows[row].Cells[column] is not { } cell) return new("–");
        return new(SummaryGrid.WithInterval(cell.Mean, cell.Interval), Best: cell.Mean >= Rows.Max(other => other.Cells[column]?.Mean));
    }
}

/// <summary>A table of scores as CSV: a line for each cell that has a result.</summary>
static class ScoreTableCsv
{
    public static string Of(ScoreTable table)
    {
        var text = new StringBuilder($"{CsvField.Of(table.RowTitle)},{CsvField.Of(table.ColumnTitle)},{CsvFile.ScoreColumns}\n");
        foreach (var (name, cells) in table.Rows)
        {
            for (int column = 0; column < cells.Count; column++)
                if (cells[column] is { } cell) text.Append(CultureInfo.InvariantCulture, $"{CsvField.Of(name)},{CsvField.Of(table.Columns[column])},{CsvFile.Fields(cell)}\n");
        }
        return text.ToString();
    }

    /// <summary>Whether a file that begins so is such a table.</summary>
    public static bool IsHeader(string line) => !SubsetTableCsv.IsHeader(line) && CsvFile.IsScoreHeader(line);

    public static ScoreTable Read(string path)
    {
        var file = CsvFile.Read(path, IsHeader, $"a table of scores (two names, {CsvFile.ScoreColumns})");
        var lines = file.Lines.Select(line => (line.Fields[0], Column: line.Fields[1], Score: file.Score(line, 2))).ToArray();
        string[] columns = [.. lines.Select(line => line.Column).Distinct()];
        var rows = lines.GroupBy(line => line.Item1).Select(row =>
        {
            if (row.GroupBy(line => line.Column).FirstOrDefault(cell => cell.Count() > 1) is { } twice)
                throw file.Damaged($"'{row.Key}' has two scores of '{twice.Key}'");
            var scores = row.ToDictionary(line => line.Column, line => line.Score);
            return (row.Key, (IReadOnlyList<ScoreStatistics?>)[.. columns.Select(scores.GetValueOrDefault)]);
        });
        return new ScoreTable(file.Header[0], file.Header[1], columns, [.. rows]);
    }
}

/// <summary>What a table of scores says, in words: how much each row varies over the columns, and whether that is more than chance would make.</summary>
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
        double difference = most.Score.Mean - least.Score.Mean;
        // Seeds that draw nothing, as where all samples are learned from and nothing but a head is fitted, give one number again and again.
        if (most.Score.Runs > 1 && most.Score.StandardDeviation == 0 && least.Score.StandardDeviation == 0)
            return $"{name}: from {SummaryGrid.Percent(least.Score.Mean)} % ({table.ColumnTitle} {least.Column}) to {SummaryGrid.Percent(most.Score.Mean)} % ({table.ColumnTitle} {most.Column}), {SummaryGrid.Percent(difference)} points; every seed gives the same number, so they say nothing of chance.";
        // The highest and the lowest are picked from all pairs, so the interval is that of the widest of as many comparisons (Bonferroni).
        string caution = MeanDifference.Interval(most.Score, least.Score, results.Length * (results.Length - 1) / 2) switch
        {
            null => "; with one seed there is no interval",
            { HoldsZero: true } interval => $" [{SummaryGrid.Percent(interval.Low)}, {SummaryGrid.Percent(interval.High)}]: no difference can be seen",
            { } interval => $" [{SummaryGrid.Percent(interval.Low)}, {SummaryGrid.Percent(interval.High)}]: {table.ColumnTitle} {most.Column} is better than {least.Column}",
        };
        return $"{name}: from {SummaryGrid.Percent(least.Score.Mean)} % ({table.ColumnTitle} {least.Column}) to {SummaryGrid.Percent(most.Score.Mean)} % ({table.ColumnTitle} {most.Column}), {SummaryGrid.Percent(difference)} points{caution}.";
    }
}
