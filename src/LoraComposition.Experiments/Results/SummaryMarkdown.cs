using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A summary as a Markdown table.</summary>
public static class SummaryMarkdown
{
    /// <summary>The table: a row per method, a column per K with <c>mean ± std</c> in percent, the best of the column between <c>**</c>, and |Θ|.</summary>
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
