namespace LoraComposition.Experiments;

/// <summary>A table of a report, which becomes HTML, LaTeX or CSV.</summary>
/// <param name="Name">What its files are called.</param>
/// <param name="Caption">What the numbers are.</param>
/// <param name="Header">The names of the columns; the first stands left, the others right.</param>
/// <param name="Rows">A text for each column.</param>
/// <param name="Csv">The table as CSV, with all digits.</param>
sealed record ReportTable(string Name, string Caption, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<SummaryGrid.Cell>> Rows, string Csv)
{
    /// <summary>The paper's layout: methods by K, and |Θ|.</summary>
    public static ReportTable Of(string name, string caption, Summary summary)
    {
        var grid = SummaryGrid.Of(summary);
        return new ReportTable(name, caption, grid.Header, grid.Rows, SummaryCsv.Of(summary));
    }
}
