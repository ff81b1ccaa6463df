using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A summary as texts in rows and columns, the same for the terminal and for Markdown.</summary>
/// <remarks>Immutable.</remarks>
public sealed class SummaryGrid
{
    /// <summary>The text of one cell, and whether it is the highest of its column.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Best">Whether no other of its column is higher; not whether that is more than chance.</param>
    public readonly record struct Cell(string Text, bool Best = false);

    SummaryGrid(IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<Cell>> rows) => (Header, Rows) = (header, rows);

    /// <summary>The titles of the columns.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <summary>A row for each method, with a cell for each column.</summary>
    public IReadOnlyList<IReadOnlyList<Cell>> Rows { get; }

    /// <summary>Arranges a summary.</summary>
    /// <param name="summary">The summary.</param>
    /// <returns>The cells.</returns>
    public static SummaryGrid Of(Summary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return new(["Method", .. summary.Shots.Select(k => $"K = {ShotCount.Text(k)}"), "|Θ|"], [.. summary.Methods.Select(method => Row(summary, method))]);
    }

    /// <summary>An accuracy of 0 to 1 in percent, without the sign.</summary>
    /// <param name="fraction">The accuracy.</param>
    /// <returns>Two decimals.</returns>
    public static string Percent(double fraction) => (100 * fraction).ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>A mean with its interval in percent. A single run has none to show.</summary>
    internal static string WithInterval(double mean, ConfidenceInterval? interval) =>
        interval is { } found ? $"{Percent(mean)} [{Percent(found.Low)}, {Percent(found.High)}]" : Percent(mean);

    static List<Cell> Row(Summary summary, string method) =>
        [new(method), .. summary.Shots.Select(k => Accuracy(summary, summary.Find(method, k))), new(Parameters(summary, method))];

    static Cell Accuracy(Summary summary, SummaryRow? row)
    {
        if (row is null) return new("–");
        return new(WithInterval(row.Mean, row.Interval), Best: row.Mean >= summary.Rows.Where(r => r.Shots == row.Shots).Max(r => r.Mean));
    }

    static string Parameters(Summary summary, string method) => string.Join(" / ", summary.Rows.Where(r => r.Method == method)
        .Select(r => r.TrainableParameters).Distinct().Select(n => n.ToString("N0", CultureInfo.InvariantCulture)));
}

/// <summary>A summary as a Markdown table.</summary>
public static class SummaryMarkdown
{
    /// <summary>The table: a row per method, a column per K with the mean and its 95 % interval in percent, the highest of the column between <c>**</c>, and |Θ|.</summary>
    /// <param name="summary">The summary.</param>
    /// <returns>The lines, each ended by LF.</returns>
    public static string Of(Summary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var grid = SummaryGrid.Of(summary);
        return MarkdownTable.Of([.. grid.Header.Select(MarkdownTable.Escape)], grid.Rows.Select(row => row.Select(Show).ToArray()));
    }

    static string Show(SummaryGrid.Cell cell) => cell.Best ? $"**{cell.Text}**" : MarkdownTable.Escape(cell.Text);
}
