using System.Globalization;

namespace LoraComposition.Experiments;

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

    static SummaryGrid.Cell[] Cells(string layer, IReadOnlyList<double> values) => [new(layer), .. values.Select(value => new SummaryGrid.Cell(HeatMap.Number(value)))];
}
