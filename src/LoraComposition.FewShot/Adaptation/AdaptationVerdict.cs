using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>Says in words which method is best, and how much that is worth.</summary>
static class AdaptationVerdict
{
    public static string Of(AdaptationReport report)
    {
        string judged = report.Comparisons.Count == 0 ? Alone(report) : report.Comparisons.Any(c => c.IsTie) ? Tie(report) : Clear(report);
        return $"{judged} {Tested(report)}";
    }

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    static string Alone(AdaptationReport report) => $"{report.Chosen} reaches {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}; no other method was tried.";

    static string Clear(AdaptationReport report)
    {
        var next = report.Comparisons.MinBy(c => c.Difference)!;
        return $"{report.Chosen} is best: {Accuracy(report, report.Chosen)} on {Images(report.ValidationCount, "validation")}, {Points(next.Difference)} above {next.Other} ({Accuracy(report, next.Other)}), "
            + $"which is more than the difference's standard error of {Points(next.StandardError)}.";
    }

    static string Tie(AdaptationReport report)
    {
        var tied = report.Comparisons.Where(c => c.IsTie).OrderBy(c => c.Difference).ToArray();
        string[] others = [.. tied.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Other} ({Accuracy(report, c.Other)}, behind by {100 * c.Difference:F1} ± {100 * c.StandardError:F1} points)"))];
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
