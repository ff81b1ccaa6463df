using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>Scores as texts in rows and columns, the same for the console and for a page.</summary>
/// <remarks>Immutable.</remarks>
public sealed class SummaryGrid
{
    /// <summary>The text of one cell, and whether it is the highest of its column.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Best">Whether no other of its column is higher; not whether that is more than chance.</param>
    public readonly record struct Cell(string Text, bool Best = false);

    internal SummaryGrid(IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<Cell>> rows) => (Header, Rows) = (header, rows);

    /// <summary>The titles of the columns.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <summary>The rows, with a cell for each column.</summary>
    public IReadOnlyList<IReadOnlyList<Cell>> Rows { get; }

    /// <summary>Arranges a summary: a row for each method, a column for each K with the mean and its 95 % interval in percent, and |Θ|, the trained numbers without the head.</summary>
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
