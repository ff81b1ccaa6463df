using System.Globalization;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>The rows of a summary as CSV (RFC 4180, but LF as the end of a line).</summary>
static class SummaryCsv
{
    public static string Of(Summary summary)
    {
        var text = new StringBuilder("method,shots,mean,std,runs,trainable_parameters\n");
        foreach (var row in summary.Rows)
            text.Append(CultureInfo.InvariantCulture, $"{CsvField.Of(row.Method)},{ShotCount.Text(row.Shots)},{row.Mean:F6},{row.StandardDeviation:F6},{row.Runs},{row.TrainableParameters}\n");
        return text.ToString();
    }
}
