using System.Globalization;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>A table of scores as CSV: a line for each cell that has a result.</summary>
static class ScoreTableCsv
{
    const string End = "mean,std,runs";

    public static string Of(ScoreTable table)
    {
        var text = new StringBuilder($"{CsvField.Of(table.RowTitle)},{CsvField.Of(table.ColumnTitle)},{End}\n");
        foreach (var (name, cells) in table.Rows)
        {
            for (int column = 0; column < cells.Count; column++)
                if (cells[column] is { } cell) text.Append(CultureInfo.InvariantCulture, $"{CsvField.Of(name)},{CsvField.Of(table.Columns[column])},{cell.Mean:F10},{cell.StandardDeviation:F10},{cell.Runs}\n");
        }
        return text.ToString();
    }

    /// <summary>Whether a file that begins so is such a table.</summary>
    public static bool IsHeader(string line) => !SubsetTableCsv.IsHeader(line) && CsvField.TrySplit(line) is [_, _, "mean", "std", "runs"];

    public static ScoreTable Read(string path)
    {
        var file = CsvFile.Read(path, IsHeader, $"a table of scores (two names, {End})");
        var lines = file.Lines.Select(line => (line.Fields[0], Column: line.Fields[1], Score: file.Score(line, 2))).ToArray();
        string[] columns = [.. lines.Select(line => line.Column).Distinct()];
        var rows = lines.GroupBy(line => line.Item1).Select(row =>
        {
            if (row.GroupBy(line => line.Column).FirstOrDefault(cell => cell.Count() > 1) is { } twice) throw file.Damaged($"'{row.Key}' has two scores of '{twice.Key}'");
            var scores = row.ToDictionary(line => line.Column, line => line.Score);
            return (row.Key, (IReadOnlyList<ScoreStatistics?>)[.. columns.Select(scores.GetValueOrDefault)]);
        });
        return new ScoreTable(file.Header[0], file.Header[1], columns, [.. rows]);
    }
}
