using System.Globalization;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>The scores of subsets as CSV: a line for each subset, then one for each method without modules, n = 0.</summary>
static class SubsetTableCsv
{
    const string Header = "subset,n,mean,std,runs", Between = " + ";

    public static string Of(SubsetTable table)
    {
        var text = new StringBuilder($"{Header}\n");
        void Line(string name, int modules, ScoreStatistics score) => text.Append(CultureInfo.InvariantCulture, $"{CsvField.Of(name)},{modules},{score.Mean:F10},{score.StandardDeviation:F10},{score.Runs}\n");
        foreach (var subset in table.Subsets) Line(subset.Name, subset.Modules.Count, subset.Score);
        foreach (var (name, score) in table.References) Line(name, 0, score);
        return text.ToString();
    }

    /// <summary>Whether a file that begins so is such a table.</summary>
    public static bool IsHeader(string line) => line == Header;

    public static SubsetTable Read(string path)
    {
        var file = CsvFile.Read(path, IsHeader, $"the scores of subsets ({Header})");
        var lines = file.Lines.Select(line => (line.Number, Name: line.Fields[0], Modules: CsvFile.Whole(line.Fields[1]), Score: file.Score(line, 2))).ToArray();
        if (lines.FirstOrDefault(line => line.Modules is not { } n || (n > 0 && line.Name.Split(Between).Length != n)) is { Number: > 0 } wrong) throw file.Damaged($"line {wrong.Number}: expected as many modules as n says");
        try
        {
            return new SubsetTable([.. lines.Where(line => line.Modules > 0).Select(line => new SubsetScore(line.Name.Split(Between), line.Score))])
            {
                References = [.. lines.Where(line => line.Modules == 0).Select(line => (line.Name, line.Score))],
            };
        }
        catch (ArgumentException e)
        {
            throw file.Damaged(e.Message.Split(" (Parameter", 2)[0].TrimEnd('.'));
        }
    }
}
