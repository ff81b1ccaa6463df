using System.Globalization;
using System.Text;

namespace LoraComposition.FewShot;

/// <summary>The report for people to read.</summary>
static class AdaptationMarkdown
{
    public static string Of(AdaptationReport report)
    {
        var text = new StringBuilder("# Adapted model\n\n");
        text.Append(report.Verdict).Append("\n\n");
        if (report.Warning is { } warning) text.Append("Warning: ").Append(MarkdownTable.Escape(warning)).Append("\n\n");
        text.Append(MarkdownTable.Of(["method", "validation accuracy", "validation loss", "|Θ|".Replace("|", "\\|", StringComparison.Ordinal), "steps", "seconds"], report.Methods.Select(Row)));
        if (report.Comparisons.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{report.Chosen} against the others, on the same {report.ValidationCount} validation images:\n\n");
            text.Append(MarkdownTable.Of(["method", "difference in points", "standard error", "reading"], report.Comparisons.Select(Row)));
            text.Append("\nThe standard error is that of the difference of two equally good methods, from the images that only one of the two gets right. Chance alone goes beyond one standard error about one time in three: "
                + "more than it is a hint, more than twice as much is good evidence. The validation images also stopped the training, so all accuracies on them are somewhat too high.\n");
        }
        text.Append("\n| class | learned from | validation |\n| --- | ---: | ---: |\n");
        foreach (var row in report.Classes) text.Append(CultureInfo.InvariantCulture, $"| {MarkdownTable.Escape(row.Name)} | {row.Shots} | {row.Validation} |\n");
        text.Append("\nInputs (SHA-256):\n\n");
        foreach (var (name, hash) in report.Inputs) text.Append(CultureInfo.InvariantCulture, $"- {name}: {hash}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nIt took {report.Seconds:F1} s. Settings, the files used and versions: report.json.\n");
        return text.ToString();
    }

    static string[] Row(MethodResult result) =>
    [
        MarkdownTable.Escape(result.Method), AdaptationVerdict.Percent(result.ValidationAccuracy), Number(result.ValidationLoss, "F4"), result.TrainableParameters.ToString("N0", CultureInfo.InvariantCulture),
        $"{result.Steps} (kept {result.BestStep})", Number(result.Timings.Values.Sum(), "F1"),
    ];

    static string[] Row(MethodComparison comparison) =>
        [MarkdownTable.Escape(comparison.Other), Number(100 * comparison.Difference, "F1"), Number(100 * comparison.StandardError, "F1"), comparison.IsTie ? "tie" : "better"];

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
