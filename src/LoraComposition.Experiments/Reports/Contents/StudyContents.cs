using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>A table of a study, its figure, and what it says.</summary>
/// <param name="Table">The table.</param>
/// <param name="Figure">The figure; null where the columns are no numbers to draw over.</param>
/// <param name="Sentences">What it says.</param>
sealed record StudyContents(ReportTable Table, ReportFigure? Figure, IReadOnlyList<string> Sentences)
{
    /// <summary>Makes table and figure.</summary>
    /// <param name="study">The table.</param>
    /// <param name="file">What the files are called.</param>
    public static StudyContents Of(StudyTable study, string file) => study switch
    {
        ScoreStudyTable scores => Of(scores.Name, file, scores.Table),
        SubsetStudyTable subsets => Of(subsets.Name, file, subsets.Table),
        _ => throw new ArgumentException($"No contents are known for {study.GetType().Name}.", nameof(study)),
    };

    static StudyContents Of(string name, string file, ScoreTable table)
    {
        bool numbers = table.Columns.Count > 1 && table.Columns.All(column => double.TryParse(column, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        var shown = new ReportTable(file, $"{name}: by {table.RowTitle} and {table.ColumnTitle} (%)", [Capital(table.RowTitle), .. table.Columns],
            [.. table.Rows.Select((row, index) => (SummaryGrid.Cell[])[new(row.Name), .. table.Columns.Select((_, column) => table.Cell(index, column))])], ScoreTableCsv.Of(table));
        return new StudyContents(shown, numbers ? new ScoreFigure(file, $"{PlotLabels.Images.Score} by {table.RowTitle} over {table.ColumnTitle}; the numbers are in the table.", table, name, new PlotLabels(Capital(table.ColumnTitle), PlotLabels.Images.Score)) : null,
            numbers ? ScoreTableReading.Of(table) : []);
    }

    static StudyContents Of(string name, string file, SubsetTable table)
    {
        var sizes = table.Sizes.Select(size => (SummaryGrid.Cell[])
            [new(Text(size.Modules)), new(Text(size.Subsets.Count)), new(SummaryGrid.Percent(size.Mean), size.Mean >= table.Sizes.Max(other => other.Mean)), new(SummaryGrid.Percent(size.Least)), new(SummaryGrid.Percent(size.Most))]);
        var shown = new ReportTable(file, $"{name}: by the number of modules (%)", ["Modules", "Subsets", "Mean", "Least", "Most"], [.. sizes], SubsetTableCsv.Of(table));
        var labels = new PlotLabels("Upstream modules, n", PlotLabels.Images.Score);
        return new StudyContents(shown, new SpreadFigure(file, $"{labels.Score} of every subset of the modules over their number, and the mean; the numbers are in the table.", table, name, labels), SubsetReading.Of(table));
    }

    static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
