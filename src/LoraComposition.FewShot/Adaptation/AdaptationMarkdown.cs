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
        foreach (string warning in report.Warnings) text.Append("Warning: ").Append(MarkdownTable.Escape(warning)).Append("\n\n");
        text.Append(MarkdownTable.Of(["method", "validation accuracy", "validation loss", "|Θ|".Replace("|", "\\|", StringComparison.Ordinal), "steps",
            "seconds"], report.Methods.Select(Row)));
        string[] remarks = [.. report.Methods.SelectMany(method => AdaptationVerdict.Remarks(method, AdaptationVerdict.Nouns(report)).Select(remark => $"- {method.Method}: {remark}"))];
        if (remarks.Length > 0) text.Append('\n').AppendJoin('\n', remarks.Select(MarkdownTable.Escape)).Append('\n');
        if (report.Comparisons.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{report.Chosen} against the others, on the same {AdaptationVerdict.Samples(report)}:\n\n");
            text.Append(MarkdownTable.Of(["method", "difference in points", "95 % interval", "p", "p (Holm)", "reading"], report.Comparisons.Select(Row)));
            text.Append(CultureInfo.InvariantCulture, $"\nOnly the {AdaptationVerdict.Nouns(report)} that one of the two gets right and the other does not count. p is McNemar's mid-p-value: how often two equally good methods would differ so much; Holm's correction is for the number of methods. Above 0.05 no difference can be seen. {AdaptationVerdict.Caution(report)}\n");
        }
        text.Append("\n| class | learned from | validation |\n| --- | ---: | ---: |\n");
        foreach (var row in report.Classes) text.Append(CultureInfo.InvariantCulture, $"| {MarkdownTable.Escape(row.Name)} | {row.Shots} | {row.Validation} |\n");
        text.Append(SkippedMarkdown.Of(report.Skipped));
        text.Append("\nInputs (SHA-256):\n\n");
        foreach (var (name, hash) in report.Inputs) text.Append(CultureInfo.InvariantCulture, $"- {name}: {hash}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nIt took {report.Seconds:F1} s. Settings, the files used and versions: report.json.\n");
        return text.ToString();
    }

    static string[] Row(MethodResult result) =>
    [
        MarkdownTable.Escape(result.Method), result.ValidationAccuracy is { } accuracy ? AdaptationVerdict.Percent(accuracy) : "–",
            result.ValidationLoss is { } loss ? Number(loss, "F4") : "–",
            result.TrainableParameters.ToString("N0", CultureInfo.InvariantCulture),
        $"{result.Steps} (kept {result.BestStep})", Number(result.Timings.Values.Sum(), "F1"),
    ];

    static string[] Row(MethodComparison comparison) =>
        [MarkdownTable.Escape(comparison.Other), Number(100 * comparison.Difference, "F1"), AdaptationVerdict.Interval(comparison),
            Number(comparison.PValue, "F3"), Number(comparison.AdjustedPValue, "F3"), comparison.IsTie ? "no difference can be seen" : comparison.Difference > 0 ? "better" : "less accurate, but of lower loss"];

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
