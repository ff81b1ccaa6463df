using System.Globalization;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>A table of a report, which becomes HTML, LaTeX or CSV.</summary>
/// <param name="Name">What its files are called.</param>
/// <param name="Caption">What the numbers are.</param>
/// <param name="Header">The names of the columns; the first stands left, the others right.</param>
/// <param name="Rows">A text for each column.</param>
/// <param name="Csv">The table as CSV, with all digits.</param>
sealed record ReportTable(string Name, string Caption, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<SummaryGrid.Cell>> Rows, string Csv)
{
    /// <summary>What a reader must know of the numbers, under the table.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The paper's layout: methods by K, and |Θ|.</summary>
    public static ReportTable Of(string name, string caption, Summary summary, IReadOnlyList<string> notes)
    {
        var grid = SummaryGrid.Of(summary);
        return new ReportTable(name, caption, grid.Header, grid.Rows, SummaryCsv.Of(summary)) { Notes = notes };
    }
}

/// <summary>A matrix as a table.</summary>
static class MatrixTable
{
    public static ReportTable Of(string name, LayerMatrix matrix)
    {
        string[] header = ["layer", .. matrix.Columns];
        var rows = matrix.Rows.Zip(matrix.Values).ToArray();
        // R: as many digits as tell the number from all others.
        var csv = rows.Select(row => (string[])[row.First, .. row.Second.Select(value => value.ToString("R", CultureInfo.InvariantCulture))]);
        return new ReportTable(name, matrix.Title, header, [.. rows.Select(row => Cells(row.First, row.Second))], CsvText.Of([header, .. csv]));
    }

    static SummaryGrid.Cell[] Cells(string layer, IReadOnlyList<double> values) =>
        [new(layer), .. values.Select(value => new SummaryGrid.Cell(HeatMap.Number(value)))];
}

/// <summary>A table as a plain <c>tabular</c>, which needs no package.</summary>
static class LatexTable
{
    public static string Of(ReportTable table)
    {
        var text = new StringBuilder($"% {LatexText.Escape(table.Caption)}\n");
        text.Append("\\begin{tabular}{l").Append('r', table.Header.Count - 1).Append("}\n\\hline\n");
        text.Append(Line(table.Header.Select(LatexText.Escape))).Append("\\hline\n");
        foreach (var row in table.Rows) text.Append(Line(row.Select(Show)));
        text.Append("\\hline\n\\end{tabular}\n");
        foreach (string note in table.Notes) text.Append("% ").Append(LatexText.Escape(note)).Append('\n');
        return text.ToString();
    }

    static string Show(SummaryGrid.Cell cell) => cell.Best ? $"\\textbf{{{LatexText.Escape(cell.Text)}}}" : LatexText.Escape(cell.Text);

    static string Line(IEnumerable<string> cells) => string.Join(" & ", cells) + " \\\\\n";
}

/// <summary>Text in LaTeX.</summary>
static class LatexText
{
    /// <summary>Escapes what LaTeX gives a meaning, breaks up its ligatures and sets ±, – and |Θ| in commands that every engine has.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        string marked = text.Replace("|Θ|", "\uE000", StringComparison.Ordinal);
        for (int i = 0; i < marked.Length; i++)
        {
            escaped.Append(Command(marked[i]) ?? (char.IsControl(marked[i]) ? " " : marked[i].ToString()));
            if (marked[i] == '-' && i + 1 < marked.Length && marked[i + 1] == '-') escaped.Append("{}");
        }
        return escaped.ToString();
    }

    static string? Command(char c) => c switch
    {
        '\\' => "\\textbackslash{}",
        '{' or '}' or '#' or '$' or '%' or '&' or '_' => $"\\{c}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '"' => "\\char34{}",
        '`' => "\\char96{}",
        '\'' => "\\char39{}",
        '±' => "$\\pm$",
        '–' => "--",
        '…' => "\\ldots{}",
        '→' => "$\\rightarrow$",
        '\uE000' => "$|\\Theta|$",
        _ => null,
    };
}
