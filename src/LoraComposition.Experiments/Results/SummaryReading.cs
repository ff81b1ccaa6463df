namespace LoraComposition.Experiments;

/// <summary>Says in plain sentences what a summary shows: who won at each K, by how much, and whether that is more than the spread of the seeds.</summary>
public static class SummaryReading
{
    /// <summary>One sentence per K, then how often each winner won.</summary>
    /// <param name="summary">The summary.</param>
    /// <param name="references">The methods the winner is always compared with, for example LoRA from scratch and classifier tuning.</param>
    /// <returns>The sentences. None where the summary has no row.</returns>
    public static IReadOnlyList<string> Of(Summary summary, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(references);
        List<string> sentences = [.. summary.Shots.Select(shots => At(summary, references, shots))];
        if (summary.Shots.Count > 1 && summary.Methods.Count > 1) sentences.Add(Overall(summary));
        return sentences;
    }

    static string At(Summary summary, IReadOnlyList<string> references, int? shots)
    {
        var ranked = summary.Methods.Select(method => summary.Find(method, shots)).OfType<SummaryRow>().OrderByDescending(r => r.Mean).ToList();
        var missing = summary.Methods.Where(method => summary.Find(method, shots) is null).ToList();
        string absent = missing.Count == 0 ? "" : $" No result for {Join(missing)}.";
        string at = $"K = {ShotCount.Text(shots)}";
        var best = ranked[0];
        string score = $"{SummaryGrid.Percent(best.Mean)} % ({(best.Runs == 1 ? "1 run" : $"{best.Runs} runs")})";
        if (ranked.Count == 1) return $"{at}: only {best.Method} was run: {score}.{absent}";

        var winners = Winners(summary, shots);
        var others = ranked.Skip(winners.Count).ToList();
        // The runner-up always, then the references that are not said yet.
        var compared = others.Take(1).Concat(others.Skip(1).Where(r => references.Contains(r.Method)));
        var margins = compared.Select((row, index) => Margin(best, row, index == 0)).ToList();
        string verdict = winners.Count == 1 ? $"{best.Method} won with {score}" : $"{Join(winners)} tie at {score}";
        return margins.Count == 0 ? $"{at}: {verdict}.{absent}" : $"{at}: {verdict}, {Join(margins)}.{absent}";
    }

    static string Margin(SummaryRow best, SummaryRow other, bool runnerUp)
    {
        double difference = best.Mean - other.Mean;
        string caution = best.Runs == 1 && other.Runs == 1 ? " (one seed each: the spread is unknown)"
            : best.Runs == 1 || other.Runs == 1 ? " (one of the two has one seed: its spread is unknown)"
            : "";
        if (difference <= Math.Max(best.StandardDeviation, other.StandardDeviation)) caution = " (within the spread of the seeds)";
        return $"{SummaryGrid.Percent(difference)} points over {(runnerUp ? "the runner-up " : "")}{other.Method}{caution}";
    }

    static string Overall(Summary summary)
    {
        var wins = summary.Methods.Select(method => (method, count: summary.Shots.Count(shots => Winners(summary, shots).Contains(method))))
            .Where(w => w.count > 0).OrderByDescending(w => w.count);
        return $"Best or tied for best, out of {summary.Shots.Count} values of K: {Join([.. wins.Select(w => $"{w.method} {w.count}")])}.";
    }

    static List<string> Winners(Summary summary, int? shots)
    {
        double best = summary.Rows.Where(r => r.Shots == shots).Max(r => r.Mean);
        return [.. summary.Methods.Where(method => summary.Find(method, shots)?.Mean == best)];
    }

    static string Join(List<string> parts) => parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}";
}
