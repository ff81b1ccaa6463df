using LoraComposition.Experiments;
using LoraComposition.FewShot;
using Spectre.Console;
using CellText = Spectre.Console.Text;

namespace LoraComposition.CommandLine;

/// <summary>
/// Shows a summary: a row per method, a column per K with <c>mean ± std</c> in percent and the best of the column in bold, and |Θ|, the
/// trained numbers without the head. A cell without ± is a single run.
/// </summary>
public static class SummaryTable
{
    /// <summary>Writes a table on a terminal, and the Markdown table as plain text where the output is redirected, since there is no width to wrap at.</summary>
    /// <param name="console">The console.</param>
    /// <param name="summary">The summary.</param>
    public static void Write(IAnsiConsole console, Summary summary)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(summary);
        if (console.Profile.Out.IsTerminal) console.Write(Build(summary));
        else console.Profile.Out.Writer.Write(SummaryMarkdown.Of(summary));
    }

    static Table Build(Summary summary)
    {
        var grid = SummaryGrid.Of(summary);
        var table = new Table().RoundedBorder();
        for (int column = 0; column < grid.Header.Count; column++)
        {
            var header = new TableColumn(new CellText(grid.Header[column]));
            table.AddColumn(column == 0 ? header : header.RightAligned());
        }
        foreach (var row in grid.Rows) table.AddRow(row.Select(cell => new CellText(cell.Text, cell.Best ? new Style(decoration: Decoration.Bold) : Style.Plain)));
        return table;
    }
}
