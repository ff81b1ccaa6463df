using System.Text;

namespace LoraComposition.FewShot.Results;

/// <summary>A summary as a Markdown table, padded so that it also reads well as plain text.</summary>
public static class MarkdownTable
{
    /// <summary>The table: a row per method, a column per K with <c>mean ± std</c> in percent, the best of the column between <c>**</c>, and |Θ|.</summary>
    /// <param name="summary">The summary.</param>
    /// <returns>The lines, each ended by LF.</returns>
    public static string Of(Summary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var grid = SummaryGrid.Of(summary);
        return Of([.. grid.Header.Select(Escape)], grid.Rows.Select(row => row.Select(Show).ToArray()));
    }

    /// <summary>A table of cells that are Markdown already; the first column stands left, the others right.</summary>
    internal static string Of(string[] header, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [header, .. rows];
        int[] widths = [.. header.Select((_, column) => Math.Max(3, lines.Max(line => line[column].Length)))];
        lines.Insert(1, [.. widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ':')]);
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append('|');
            for (int column = 0; column < widths.Length; column++)
                text.Append(' ').Append(column == 0 ? line[column].PadRight(widths[column]) : line[column].PadLeft(widths[column])).Append(" |");
            text.Append('\n');
        }
        return text.ToString();
    }

    static string Show(SummaryGrid.Cell cell) => cell.Best ? $"**{cell.Text}**" : Escape(cell.Text);

    // A bar would end the cell, also the two of |Θ|.
    internal static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
