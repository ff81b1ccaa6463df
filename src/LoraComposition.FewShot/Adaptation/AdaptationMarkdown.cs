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
        MarkdownTable.Escape(result.Method), AdaptationVerdict.Percent(result.ValidationAccuracy), Number(result.ValidationLoss, "F4"),
            result.TrainableParameters.ToString("N0", CultureInfo.InvariantCulture),
        $"{result.Steps} (kept {result.BestStep})", Number(result.Timings.Values.Sum(), "F1"),
    ];

    static string[] Row(MethodComparison comparison) =>
        [MarkdownTable.Escape(comparison.Other), Number(100 * comparison.Difference, "F1"), Number(100 * comparison.StandardError, "F1"),
            comparison.IsTie ? "tie" : "better"];

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>Says in words which method is best, and how much that is worth.</summary>
static class AdaptationVerdict
{
    public static string Of(AdaptationReport report)
    {
        string judged = report.Comparisons.Count == 0 ? Alone(report) : report.Comparisons.Any(c => c.IsTie) ? Tie(report) : Clear(report);
        return $"{judged} {Tested(report)}";
    }

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    static string Alone(AdaptationReport report) =>
        $"{report.Chosen} reaches {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}; no other method was tried.";

    static string Clear(AdaptationReport report)
    {
        var next = report.Comparisons.MinBy(c => c.Difference)!;
        return $"{report.Chosen} is best: {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}, {Points(next.Difference)} above {next.Other} ({Accuracy(report, next.Other)}), "
            + $"which is more than the difference's standard error of {Points(next.StandardError)}.";
    }

    static string Tie(AdaptationReport report)
    {
        var tied = report.Comparisons.Where(c => c.IsTie).OrderBy(c => c.Difference).ToArray();
        string[] others = [.. tied.Select(c => string.Create(CultureInfo.InvariantCulture,
            $"{c.Other} ({Accuracy(report, c.Other)}, behind by {100 * c.Difference:F1} ± {100 * c.StandardError:F1} points)"))];
        return $"A tie: on {Images(report.ValidationCount, "validation")} {report.Chosen} ({Accuracy(report, report.Chosen)}) cannot be told from {Listed(others)}, as the difference is not larger than its standard error. "
            + $"{report.Chosen} is kept: none is more accurate, and of those as accurate none has a lower loss, or as low a one with fewer trained numbers.";
    }

    static string Tested(AdaptationReport report) => report.Test is { } test
        ? $"On {Images(test.Count, "test")}, used for nothing else, {report.Chosen} reaches {Percent(test.Accuracy)} (standard error {Points(test.StandardError)})."
        : "There are no test images; validation accuracy is somewhat too high, since the same images stopped the training and chose the method.";

    static string Accuracy(AdaptationReport report, string method) => Percent(report.Methods.Single(m => m.Method == method).ValidationAccuracy);

    static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{100 * difference:F1} points");

    static string Listed(string[] items) => items.Length == 1 ? items[0] : $"{string.Join(", ", items[..^1])} and {items[^1]}";

    static string Images(int count, string kind) => count == 1 ? $"1 {kind} image" : $"{count} {kind} images";
}
