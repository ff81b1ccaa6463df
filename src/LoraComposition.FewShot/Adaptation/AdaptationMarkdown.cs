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
        string[] remarks = [.. report.Methods.SelectMany(method => method.Remarks.Select(remark => $"- {method.Method}: {remark}"))];
        if (remarks.Length > 0) text.Append('\n').AppendJoin('\n', remarks.Select(MarkdownTable.Escape)).Append('\n');
        if (report.Comparisons.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{report.Chosen} against the others, on the same {report.ValidationCount} validation images:\n\n");
            text.Append(MarkdownTable.Of(["method", "difference in points", "95 % interval", "p", "p (Holm)", "reading"], report.Comparisons.Select(Row)));
            text.Append("\nOnly the images that one of the two gets right and the other does not count. p is McNemar's mid-p-value: how often two equally good methods would differ so much; Holm's correction is for the number of methods. "
                + "Above 0.05 no difference can be seen. The validation images also stopped the training, so all accuracies on them are somewhat too high.\n");
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
        MarkdownTable.Escape(result.Method), AdaptationVerdict.Percent(result.ValidationAccuracy), Number(result.ValidationLoss, "F4"),
            result.TrainableParameters.ToString("N0", CultureInfo.InvariantCulture),
        $"{result.Steps} (kept {result.BestStep})", Number(result.Timings.Values.Sum(), "F1"),
    ];

    static string[] Row(MethodComparison comparison) =>
        [MarkdownTable.Escape(comparison.Other), Number(100 * comparison.Difference, "F1"), AdaptationVerdict.Interval(comparison),
            Number(comparison.PValue, "F3"), Number(comparison.AdjustedPValue, "F3"), comparison.IsTie ? "no difference can be seen" : "better"];

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>Says in words which method is best, and how much that is worth.</summary>
static class AdaptationVerdict
{
    public static string Of(AdaptationReport report)
    {
        string judged = report.Comparisons.Count == 0 ? Alone(report) : report.Comparisons.Any(c => c.IsTie) ? Tie(report) : Clear(report);
        return $"{judged} {Intervals(report)}{Tested(report)}";
    }

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    /// <summary>The 95 % interval of a difference in points.</summary>
    public static string Interval(MethodComparison comparison) =>
        string.Create(CultureInfo.InvariantCulture, $"[{100 * comparison.Low:F1}, {100 * comparison.High:F1}]");

    static string Alone(AdaptationReport report) =>
        $"{report.Chosen} reaches {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}; no other method was tried.";

    static string Clear(AdaptationReport report)
    {
        string[] others = [.. report.Comparisons.OrderBy(c => c.Difference).Select(c => $"{c.Other} ({Accuracy(report, c.Other)}) by {Points(c.Difference)} {Interval(c)}")];
        return $"{report.Chosen} is best: {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}, better than {Listed(others)}.";
    }

    static string Tie(AdaptationReport report)
    {
        string[] others = [.. report.Comparisons.Where(c => c.IsTie).OrderBy(c => c.Difference).Select(c =>
            $"{c.Other} ({Accuracy(report, c.Other)}, behind by {Points(c.Difference)} {Interval(c)})")];
        return $"No difference can be seen on {Images(report.ValidationCount, "validation")} between {report.Chosen} ({Accuracy(report, report.Chosen)}) and {Listed(others)}. "
            + $"{report.Chosen} is kept: none is more accurate, and of those as accurate none has a lower loss, or as low a one with fewer trained numbers.";
    }

    static string Intervals(AdaptationReport report) => report.Comparisons.Count == 0 ? ""
        : "In brackets: 95 % intervals of the difference in points; a difference is called one where McNemar's test, by Holm's correction for the number of methods, has p ≤ 0.05. ";

    static string Tested(AdaptationReport report) => report.Test is { } test
        ? $"On {Images(test.Count, "test")}, used for nothing else, {report.Chosen} reaches {Percent(test.Accuracy)} (95 % interval {Percent(test.Low)} to {Percent(test.High)})."
        : "There are no test images; validation accuracy is somewhat too high, since the same images stopped the training and chose the method.";

    static string Accuracy(AdaptationReport report, string method) => Percent(report.Methods.Single(m => m.Method == method).ValidationAccuracy);

    static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{100 * difference:F1} points");

    static string Listed(string[] items) => items.Length == 1 ? items[0] : $"{string.Join(", ", items[..^1])} and {items[^1]}";

    static string Images(int count, string kind) => count == 1 ? $"1 {kind} image" : $"{count} {kind} images";
}
