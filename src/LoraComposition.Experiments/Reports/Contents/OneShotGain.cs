using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>What a method gains over a reference with one labelled sample (Fig. 1 of arXiv:2402.15414).</summary>
/// <param name="Method">The method.</param>
/// <param name="Points">The difference of the means, in points.</param>
/// <param name="Spread">The standard deviation of the difference over the seeds, in points; 0 where it is unknown: one seed, or not the same ones.</param>
sealed record OneShotGain(string Method, double Points, double Spread)
{
    /// <summary>The gain as the figure says it.</summary>
    public string Text => Signed(Points) + (Spread > 0 ? " ± " + Spread.ToString("F2", CultureInfo.InvariantCulture) : "");

    /// <summary>The gains of all other methods that have a result at K = 1, in the order of the summary; none where the reference has no such result.</summary>
    public static IReadOnlyList<OneShotGain> Of(IReadOnlyList<RunResult> runs, Summary summary, string reference)
    {
        if (summary.Find(reference, 1) is not { } from) return [];
        Dictionary<int, double> ScoresOf(string method) => runs.Where(r => r.Key.Method == method && r.Key.Shots == 1).ToDictionary(r => r.Key.Seed, r => r.Accuracy);
        var references = ScoresOf(reference);
        return [.. summary.Methods.Where(method => method != reference).Select(method => summary.Find(method, 1)).OfType<SummaryRow>()
            .Select(row => new OneShotGain(row.Method, 100 * (row.Mean - from.Mean), SpreadOf(ScoresOf(row.Method), references)))];
    }

    static double SpreadOf(Dictionary<int, double> scores, Dictionary<int, double> references)
    {
        if (scores.Count < 2 || !scores.Keys.ToHashSet().SetEquals(references.Keys)) return 0;
        double[] differences = [.. scores.OrderBy(s => s.Key).Select(s => 100 * (s.Value - references[s.Key]))];
        double mean = differences.Average();
        return Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (differences.Length - 1));
    }

    // No "-0.00".
    static string Signed(double points) => Math.Round(points, 2) == 0 ? "0.00" : points.ToString("+0.00;−0.00", CultureInfo.InvariantCulture);
}
