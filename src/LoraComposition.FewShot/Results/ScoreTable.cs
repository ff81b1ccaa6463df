using System.Globalization;
using System.Text;
using LoraComposition.Serialization;

namespace LoraComposition.FewShot.Results;

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
            if (cells.Count != columns.Count) throw new ArgumentException($"Row '{name}': expected a cell for each of {columns.Count} columns, found {cells.Count}.", nameof(rows));
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

    /// <summary>The table in Markdown: <c>mean ± standard deviation</c> in percent, the best of a column between <c>**</c>, padded so that it reads well as plain text.</summary>
    /// <returns>The lines, each ended by LF.</returns>
    public string ToMarkdown() => MarkdownTable.Of(
        [MarkdownTable.Escape(RowTitle), .. Columns.Select(MarkdownTable.Escape)],
        Rows.Select(row => (string[])[MarkdownTable.Escape(row.Name), .. row.Cells.Select((cell, column) => Text(cell, column))]));

    /// <summary>Writes a line for each cell as CSV, whole or not at all: scores as fractions with six digits, a point as decimal sign, lines ended by LF.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var text = new StringBuilder($"{CsvField.Of(RowTitle)},{CsvField.Of(ColumnTitle)},mean,std,runs\n");
        foreach (var (name, cells) in Rows)
        {
            for (int column = 0; column < cells.Count; column++)
                if (cells[column] is { } cell) text.Append(CultureInfo.InvariantCulture, $"{CsvField.Of(name)},{CsvField.Of(Columns[column])},{cell.Mean:F6},{cell.StandardDeviation:F6},{cell.Runs}\n");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    string Text(ScoreStatistics? cell, int column)
    {
        if (cell is null) return "–";
        string text = cell.Runs > 1 ? $"{SummaryGrid.Percent(cell.Mean)} ± {SummaryGrid.Percent(cell.StandardDeviation)}" : SummaryGrid.Percent(cell.Mean);
        return cell.Mean >= Rows.Max(row => row.Cells[column]?.Mean) ? $"**{text}**" : text;
    }
}
