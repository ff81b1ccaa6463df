using System.Text;
using LoraComposition.FewShot;
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
        Rows.Select((row, index) => (string[])[MarkdownTable.Escape(row.Name), .. Columns.Select((_, column) => Bold(Cell(index, column)))]));

    /// <summary>Writes a line for each cell as CSV, whole or not at all: scores as fractions with ten digits, a point as decimal sign, lines ended by LF.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(ScoreTableCsv.Of(this))));
    }

    /// <summary>Reads a table that <see cref="WriteCsv"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table, with ten digits of each score.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, or not such a table.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static ScoreTable ReadCsv(string path) => ScoreTableCsv.Read(path);

    /// <summary>A cell as text, and whether it is the best of its column.</summary>
    internal SummaryGrid.Cell Cell(int row, int column)
    {
        if (Rows[row].Cells[column] is not { } cell) return new("–");
        string text = cell.Runs > 1 ? $"{SummaryGrid.Percent(cell.Mean)} ± {SummaryGrid.Percent(cell.StandardDeviation)}" : SummaryGrid.Percent(cell.Mean);
        return new(text, Best: cell.Mean >= Rows.Max(other => other.Cells[column]?.Mean));
    }

    static string Bold(SummaryGrid.Cell cell) => cell.Best ? $"**{cell.Text}**" : cell.Text;
}
