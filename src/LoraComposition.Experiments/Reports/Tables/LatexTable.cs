using System.Text;

namespace LoraComposition.Experiments;

/// <summary>A table as a plain <c>tabular</c>, which needs no package.</summary>
static class LatexTable
{
    public static string Of(ReportTable table)
    {
        var text = new StringBuilder($"% {LatexText.Escape(table.Caption)}\n");
        text.Append("\\begin{tabular}{l").Append('r', table.Header.Count - 1).Append("}\n\\hline\n");
        text.Append(Line(table.Header.Select(LatexText.Escape))).Append("\\hline\n");
        foreach (var row in table.Rows) text.Append(Line(row.Select(Show)));
        return text.Append("\\hline\n\\end{tabular}\n").ToString();
    }

    static string Show(SummaryGrid.Cell cell) => cell.Best ? $"\\textbf{{{LatexText.Escape(cell.Text)}}}" : LatexText.Escape(cell.Text);

    static string Line(IEnumerable<string> cells) => string.Join(" & ", cells) + " \\\\\n";
}
