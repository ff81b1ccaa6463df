using System.Globalization;
using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>Says in sentences which runs there are, and what was short.</summary>
static class RunFacts
{
    public static IReadOnlyList<string> Of(ReportExperiment experiment)
    {
        var (runs, summary) = (experiment.Runs, experiment.Summary);
        int[] seeds = [.. runs.Select(r => r.Key.Seed).Distinct().Order()];
        List<string> facts =
        [
            $"{Count(runs.Count, "run")}: {Count(summary.Methods.Count, "method")}, K = {string.Join(", ", summary.Shots.Select(ShotCount.Text))}, {(seeds.Length == 1 ? "seed" : "seeds")} {string.Join(", ", seeds.Select(Text))}.",
            $"Scored on {Numbers(runs.Select(r => (long)r.TestCount))} {(Scored(runs, "validation") ? "samples of the validation part, not of the test set" : "test samples")}.",
        ];
        if (runs.Any(r => r.HeadParameters > 0)) facts.Add($"The head has {Numbers(runs.Where(r => r.HeadParameters > 0).Select(r => r.HeadParameters))} trained numbers, which |Θ| does not count.");
        if (seeds.Length == 1) facts.Add("One seed: the spread is unknown.");
        facts.AddRange(Missing(summary, seeds.Length));
        facts.AddRange(summary.Shots.OfType<int>().Select(k => Shortage(runs, k)).OfType<string>());
        return facts;
    }

    static IEnumerable<string> Missing(Summary summary, int seeds)
    {
        string[] fewer = [.. from method in summary.Methods
                              from k in summary.Shots
                              let found = summary.Find(method, k)?.Runs ?? 0
                              where found < seeds
                              select $"{method} at K = {ShotCount.Text(k)} has {found.ToString(CultureInfo.InvariantCulture)}"];
        if (fewer.Length > 0) yield return $"Not every method has {Count(seeds, "run")} at every K: {string.Join("; ", fewer)}.";
    }

    static string? Shortage(IReadOnlyList<RunResult> runs, int k)
    {
        var at = runs.Where(r => r.Key.Shots == k && r.EffectiveShots.Any(n => n < k)).ToArray();
        if (at.Length == 0) return null;
        int classes = at.Max(r => r.EffectiveShots.Count), shorter = at.Max(r => r.EffectiveShots.Count(n => n < k)), fewest = at.Min(r => r.EffectiveShots.Min());
        return classes == 1 ? $"K = {Text(k)}: there were only {Text(fewest)} samples to learn from." : $"K = {Text(k)}: {Text(shorter)} of {Text(classes)} classes hold fewer samples, the smallest {Text(fewest)}; all of theirs were used.";
    }

    static bool Scored(IReadOnlyList<RunResult> runs, string part) => runs.All(r => r.Configuration.TryGetProperty("scored", out var scored) && scored.ValueKind == JsonValueKind.String && scored.GetString() == part);

    static string Count(int number, string what) => $"{Text(number)} {what}{(number == 1 ? "" : "s")}";

    static string Numbers(IEnumerable<long> numbers) => string.Join(" or ", numbers.Distinct().Order().Select(n => n.ToString("N0", CultureInfo.InvariantCulture)));

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
