using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>Says how many runs of a learned composition ended with the weights they started from. Maps of these say nothing of the modules.</summary>
static class KeptStart
{
    /// <summary>A sentence for each method some of whose runs kept the start.</summary>
    public static IReadOnlyList<string> Of(ReportExperiment experiment) => [.. experiment.Summary.Methods.Select(method =>
        Sentence(method, [.. experiment.Runs.Where(r => r.Key.Method == method && r.Weights is not null)])).OfType<string>()];

    static string? Sentence(string method, RunResult[] runs)
    {
        var kept = runs.Where(run => run.Weights!.AreTheStart()).ToArray();
        if (kept.Length == 0) return null;
        var byShots = kept.GroupBy(run => run.Key.Shots).OrderBy(g => ShotCount.Order(g.Key)).Select(g =>
            $"{Text(g.Count())} of {Text(runs.Count(r => r.Key.Shots == g.Key))} at K = {ShotCount.Text(g.Key)}");
        return $"{method}: the start was kept in {Text(kept.Length)} of {Text(runs.Length)} runs ({string.Join(", ", byShots)}); all their weights are 1/N, as before the first step.";
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
