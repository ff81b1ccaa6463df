using System.Globalization;
using System.Text;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The results of an experiment by method and number of samples per class: mean and standard deviation over the seeds.</summary>
/// <remarks>Immutable. It does not depend on the order of the results.</remarks>
public sealed class Summary
{
    readonly Dictionary<(string Method, int Order), SummaryRow> cells;

    Summary(IReadOnlyList<SummaryRow> rows)
    {
        Rows = rows;
        Methods = [.. rows.Select(r => r.Method).Distinct()];
        Shots = [.. rows.Select(r => r.Shots).Distinct().OrderBy(ShotCount.Order)];
        cells = rows.ToDictionary(r => (r.Method, ShotCount.Order(r.Shots)));
    }

    /// <summary>The rows: the methods in order, and within a method K ascending with "all" last.</summary>
    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>The methods that have a result, in order.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>The numbers of samples per class that have a result, ascending; <see langword="null"/>, all samples, is last.</summary>
    public IReadOnlyList<int?> Shots { get; }

    /// <summary>Groups results by method and number of samples per class.</summary>
    /// <param name="results">The results of one experiment.</param>
    /// <param name="methods">The methods in the order to show them in; others follow in ordinal order, and those without a result are left out.</param>
    /// <param name="score">Which number of a result to summarise, from 0 to 1; its accuracy where not given.</param>
    /// <returns>The summary.</returns>
    /// <exception cref="ArgumentException">
    /// The results are of several experiments, one run occurs twice, or the runs of one row differ in their trainable parameters.
    /// </exception>
    public static Summary Of(IEnumerable<RunResult> results, IReadOnlyList<string> methods, Func<RunResult, double>? score = null)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(methods);
        var all = results.ToList();
        string[] experiments = [.. all.Select(r => r.Key.Experiment).Distinct().Order(StringComparer.Ordinal)];
        if (experiments.Length > 1) throw new ArgumentException($"Expected the results of one experiment, found {string.Join(", ", experiments)}.", nameof(results));
        var positions = methods.Distinct().Select((method, position) => (method, position)).ToDictionary(p => p.method, p => p.position);
        var rows = all.GroupBy(r => (r.Key.Method, r.Key.Shots)).Select(g =>
            Row(g.Key.Method, g.Key.Shots, [.. g.OrderBy(r => r.Key.Seed)], score ?? (r => r.Accuracy)))
            .OrderBy(r => positions.GetValueOrDefault(r.Method, int.MaxValue)).ThenBy(r => r.Method, StringComparer.Ordinal).ThenBy(r => ShotCount.Order(r.Shots));
        return new Summary([.. rows]);
    }

    /// <summary>The row of one method at one number of samples per class.</summary>
    /// <param name="method">The method.</param>
    /// <param name="shots">The labelled samples per class; <see langword="null"/> for all of them.</param>
    /// <returns>The row, or <see langword="null"/> where there is no result.</returns>
    public SummaryRow? Find(string method, int? shots) => cells.GetValueOrDefault((method, ShotCount.Order(shots)));

    /// <summary>Writes the rows as CSV, whole or not at all: accuracies as fractions with six digits, a point as decimal sign, lines ended by LF.</summary>
    /// <param name="path">The file, for example <c>summary.csv</c>; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string text = SummaryCsv.Of(this);
        AtomicFile.Write(path, text);
    }

    // The runs come in the order of their seeds, so that the sums have the same bits whatever order the files were read in.
    static SummaryRow Row(string method, int? shots, IReadOnlyList<RunResult> runs, Func<RunResult, double> score)
    {
        string where = $"method '{method}', K = {ShotCount.Text(shots)}";
        if (runs.GroupBy(r => r.Key.Seed).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Expected one run per seed, found {twice.Count()} of seed {twice.Key} ({where}).", nameof(runs));
        long[] parameters = [.. runs.Select(r => r.TrainableParameters).Distinct()];
        // A method that chooses among others trains what the chosen one trains.
        if (parameters.Length > 1 && !runs.All(r => r.IsChoice))
            throw new ArgumentException($"Expected the same number of trainable parameters in every run, found {string.Join(", ", parameters)} ({where}).",
                nameof(runs));
        var scores = ScoreStatistics.Of([.. runs.Select(score)]);
        return new SummaryRow(method, shots, scores.Mean, scores.StandardDeviation, runs.Count, parameters.Max());
    }
}

/// <summary>The accuracy of one method at one number of samples per class, over the seeds.</summary>
/// <param name="Method">The method.</param>
/// <param name="Shots">The labelled samples per class; <see langword="null"/> for all of them.</param>
/// <param name="Mean">The mean accuracy, 0 to 1.</param>
/// <param name="StandardDeviation">The sample standard deviation of the accuracy (divided by runs − 1), 0 to 1; 0 for a single run, whose spread is unknown.</param>
/// <param name="Runs">The number of runs, one per seed.</param>
/// <param name="TrainableParameters">The trained numbers without the head; the most of its runs where a method chooses among others.</param>
public sealed record SummaryRow(string Method, int? Shots, double Mean, double StandardDeviation, int Runs, long TrainableParameters)
{
    /// <summary>The 95 % interval of the mean over the seeds (Student's t), within 0 and 1; null for a single run.</summary>
    public ConfidenceInterval? Interval => ConfidenceInterval.OfScore(Mean, StandardDeviation, Runs);
}

/// <summary>The rows of a summary as CSV (RFC 4180, but LF as the end of a line).</summary>
static class SummaryCsv
{
    public static string Of(Summary summary)
    {
        var text = new StringBuilder("method,shots,mean,std,runs,trainable_parameters,ci95_low,ci95_high\n");
        foreach (var row in summary.Rows)
            text.Append(CultureInfo.InvariantCulture,
                $"{CsvField.Of(row.Method)},{ShotCount.Text(row.Shots)},{row.Mean:F6},{row.StandardDeviation:F6},{row.Runs},{row.TrainableParameters},{row.Interval?.Low:F6},{row.Interval?.High:F6}\n");
        return text.ToString();
    }
}

/// <summary>Says in plain sentences what a summary shows: which mean is the highest at each K, and which differences are more than chance would make.</summary>
public static class SummaryReading
{
    /// <summary>
    /// One sentence per K, then how often each method was better than all others. A difference is called one where its paired 95 % interval does not hold zero,
    /// by Holm's correction for the number of methods at that K.
    /// </summary>
    /// <param name="summary">The summary.</param>
    /// <param name="runs">Its runs.</param>
    /// <param name="references">The methods that the highest is always compared with, for example LoRA from scratch and classifier tuning.</param>
    /// <returns>The sentences. None where the summary has no row.</returns>
    public static IReadOnlyList<string> Of(Summary summary, IReadOnlyList<RunResult> runs, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(references);
        Standing[] standings = [.. summary.Shots.Select(shots => Standing.Of(summary, runs, shots))];
        List<string> sentences = [.. standings.Select(standing => At(summary, references, standing))];
        if (summary.Shots.Count > 1 && summary.Methods.Count > 1) sentences.Add(Overall(standings));
        string basis = Basis([.. standings.SelectMany(s => s.Comparisons).Select(c => c.Paired)]);
        if (basis.Length > 0) sentences.Add(basis);
        return sentences;
    }

    static string At(Summary summary, IReadOnlyList<string> references, Standing standing)
    {
        string[] missing = [.. summary.Methods.Where(method => standing.Ranked.All(row => row.Method != method))];
        string absent = missing.Length == 0 ? "" : $" No result for {Join(missing)}.";
        string at = $"K = {ShotCount.Text(standing.Shots)}";
        var best = standing.Ranked[0];
        string score = $"{SummaryGrid.Percent(best.Mean)} % ({(best.Runs == 1 ? "1 run" : $"{best.Runs} runs")})";
        if (standing.Ranked.Count == 1) return $"{at}: only {best.Method} was run: {score}.{absent}";

        string[] highest = [.. standing.Ranked.TakeWhile(row => row.Mean == best.Mean).Select(row => row.Method)];
        string verdict = highest.Length == 1 ? $"{best.Method} has the highest mean, {score}" : $"{Join(highest)} have the same highest mean, {score}";
        // The runner-up always, then the references that are not said yet.
        var others = standing.Ranked.Skip(highest.Length).Select((row, index) => (row.Method, Said: index == 0 || references.Contains(row.Method)))
            .Where(other => other.Said).Select(other => standing.Comparisons.FirstOrDefault(c => c.Second == other.Method)?.Sentence()
                ?? $"{best.Method} and {other.Method} have no seed in common");
        return $"{string.Join("; ", others.Prepend($"{at}: {verdict}"))}.{absent}";
    }

    static string Overall(Standing[] standings)
    {
        var clear = standings.Where(s => s.IsClear).GroupBy(s => s.Ranked[0].Method).Select(g => $"{g.Key} at K = {string.Join(", ", g.Select(s =>
            ShotCount.Text(s.Shots)))}").ToArray();
        return clear.Length == 0 ? $"At none of {standings.Length} values of K is one method better than every other."
            : $"Better than every other method, out of {standings.Length} values of K: {Join(clear)}.";
    }

    static string Basis(IReadOnlyList<PairedDifference> differences)
    {
        bool samples = differences.Any(d => d.Basis == IntervalBasis.SeedsAndSamples), seeds = differences.Any(d => d.Basis == IntervalBasis.Seeds);
        string drawn = differences.Where(d => d.Basis == IntervalBasis.SeedsAndSamples).All(d => d.Seeds == 1) ? "test samples; there is one seed"
            : "seeds and test samples";
        return (samples, seeds) switch
        {
            (false, false) => "",
            (true, false) => $"In brackets: paired 95 % intervals by bootstrap over {drawn}.",
            (false, true) => "In brackets: paired 95 % t intervals over the seeds.",
            _ => $"In brackets: paired 95 % intervals, by bootstrap over {drawn} where the results say which samples were right, else t intervals over the seeds.",
        };
    }

    static string Join(IReadOnlyList<string> parts) => parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}";

    // The methods at one K, and the highest against all others.
    sealed record Standing(int? Shots, IReadOnlyList<SummaryRow> Ranked, IReadOnlyList<MethodDifference> Comparisons)
    {
        public bool IsClear => Ranked.Count > 1 && Comparisons.Count == Ranked.Count - 1 && Comparisons.All(c => c.IsSeen && c.Paired.Difference > 0);

        public static Standing Of(Summary summary, IReadOnlyList<RunResult> runs, int? shots)
        {
            SummaryRow[] ranked = [.. summary.Methods.Select(method => summary.Find(method, shots)).OfType<SummaryRow>().OrderByDescending(r => r.Mean)];
            return new(shots, ranked, RunComparison.Of(runs, shots, ranked[0].Method, [.. ranked.Skip(1).Select(row => row.Method)]));
        }
    }
}
