using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>Says in words which method is best, and how much that is worth.</summary>
static class AdaptationVerdict
{
    public static string Of(AdaptationReport report)
    {
        string judged = report.Comparisons.Count == 0 ? Alone(report) : report.Comparisons.All(c => !c.IsTie && c.Difference > 0) ? Clear(report) : Tie(report);
        return $"{judged} {Intervals(report)}{Tested(report)}";
    }

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    /// <summary>The 95 % interval of a difference in points.</summary>
    public static string Interval(MethodComparison comparison) =>
        string.Create(CultureInfo.InvariantCulture, $"[{100 * comparison.Low:F1}, {100 * comparison.High:F1}]");

    /// <summary>What the methods are compared on.</summary>
    public static string Samples(AdaptationReport report) => report.CrossValidated ? $"{report.ValidationCount} {Nouns(report)} learned from, held out in turns"
        : Samples(report, report.ValidationCount, "validation");

    /// <summary>What the samples are, in the plural.</summary>
    public static string Nouns(AdaptationReport report) => report.Kind switch
    {
        SampleKind.Texts => "texts",
        SampleKind.Questions => "questions",
        _ => "images",
    };

    /// <summary>Why the accuracies on these images are doubtful.</summary>
    public static string Caution(AdaptationReport report) => report.CrossValidated
        ? $"The same {Nouns(report)} chose the method, so the accuracy of the best is somewhat too high; and these trainings learned from fewer {Nouns(report)} than the last one."
        : $"The validation {Nouns(report)} also stopped the training, so all accuracies on them are somewhat too high.";

    /// <summary>What is to be said of one method.</summary>
    public static IEnumerable<string> Remarks(MethodResult method, string nouns) =>
        method.Start is { } start ? [$"Its weights started from {start} alone, which did better on held-out {nouns} than the mean of all.", .. method.Remarks] : method.Remarks;

    static string Alone(AdaptationReport report)
    {
        if (report.Methods.Single(m => m.Method == report.Chosen).ValidationAccuracy is null)
            return $"{report.Chosen} was trained with fixed settings: a class has only one {Nouns(report)[..^1]}, so nothing could be held out to compare methods on.";
        return $"{report.Chosen} reaches {Accuracy(report, report.Chosen)} on {Samples(report)}; no other method was tried.";
    }

    static string Clear(AdaptationReport report)
    {
        string[] others = [.. report.Comparisons.OrderBy(c => c.Difference).Select(c => $"{c.Other} ({Accuracy(report, c.Other)}) by {Points(c.Difference)} {Interval(c)}")];
        return $"{report.Chosen} is best: {Accuracy(report, report.Chosen)} on {Samples(report)}, better than {Listed(others)}.";
    }

    static string Tie(AdaptationReport report)
    {
        var sentences = new List<string>();
        string[] ties = [.. report.Comparisons.Where(c => c.IsTie).OrderBy(c => Math.Abs(c.Difference)).Select(c =>
            $"{c.Other} ({Accuracy(report, c.Other)}, {(c.Difference < 0 ? "ahead" : "behind")} by {Points(Math.Abs(c.Difference))} {Interval(c)})")];
        if (ties.Length > 0) sentences.Add($"No difference can be seen on {Samples(report)} between {report.Chosen} ({Accuracy(report, report.Chosen)}) and {Listed(ties)}.");
        string[] ahead = [.. report.Comparisons.Where(c => !c.IsTie && c.Difference < 0).Select(c => $"{c.Other} ({Accuracy(report, c.Other)}, by {Points(-c.Difference)})")];
        if (ahead.Length > 0) sentences.Add($"More accurate than {report.Chosen} ({Accuracy(report, report.Chosen)}) on {Samples(report)}, with a higher loss: {Listed(ahead)}.");
        sentences.Add(report.Configuration.Tuning.Training.Criterion == StoppingCriterion.Loss
            ? $"{report.Chosen} is kept: none has a lower loss on them ({Loss(report)}), or as low a one with fewer trained numbers."
            : $"{report.Chosen} is kept: none is more accurate, and of those as accurate none has a lower loss, or as low a one with fewer trained numbers.");
        return string.Join(' ', sentences);
    }

    static string Loss(AdaptationReport report) => string.Create(CultureInfo.InvariantCulture, $"{report.Methods.Single(m => m.Method == report.Chosen).ValidationLoss:F3}");

    static string Intervals(AdaptationReport report) => report.Comparisons.Count == 0 ? ""
        : "In brackets: 95 % intervals of the difference in points; a difference is called one where McNemar's test, by Holm's correction for the number of methods, has p ≤ 0.05. ";

    static string Tested(AdaptationReport report)
    {
        if (report.Test is { } test)
            return $"On {Samples(report, test.Count, "test")}, used for nothing else, {report.Chosen} reaches {Percent(test.Accuracy)} (95 % interval {Percent(test.Low)} to {Percent(test.High)}).";
        return report.CrossValidated ? $"There are no test {Nouns(report)}; the accuracy of the best is somewhat too high, since the same {Nouns(report)} chose it."
            : $"There are no test {Nouns(report)}; validation accuracy is somewhat too high, since the same {Nouns(report)} stopped the training and chose the method.";
    }

    static string Accuracy(AdaptationReport report, string method) => Percent(report.Methods.Single(m => m.Method == method).ValidationAccuracy ?? double.NaN);

    static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{100 * difference:F1} points");

    static string Listed(string[] items) => items.Length == 1 ? items[0] : $"{string.Join(", ", items[..^1])} and {items[^1]}";

    static string Samples(AdaptationReport report, int count, string kind) => $"{count} {kind} {(count == 1 ? Nouns(report)[..^1] : Nouns(report))}";
}
