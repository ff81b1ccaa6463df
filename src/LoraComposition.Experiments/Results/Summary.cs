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
        var rows = all.GroupBy(r => (r.Key.Method, r.Key.Shots)).Select(g => Row(g.Key.Method, g.Key.Shots, [.. g.OrderBy(r => r.Key.Seed)], score ?? (r => r.Accuracy)))
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
        byte[] text = System.Text.Encoding.UTF8.GetBytes(SummaryCsv.Of(this));
        AtomicFile.Write(path, stream => stream.Write(text));
    }

    // The runs come in the order of their seeds, so that the sums have the same bits whatever order the files were read in.
    static SummaryRow Row(string method, int? shots, IReadOnlyList<RunResult> runs, Func<RunResult, double> score)
    {
        string where = $"method '{method}', K = {ShotCount.Text(shots)}";
        if (runs.GroupBy(r => r.Key.Seed).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Expected one run per seed, found {twice.Count()} of seed {twice.Key} ({where}).", nameof(runs));
        long[] parameters = [.. runs.Select(r => r.TrainableParameters).Distinct()];
        if (parameters.Length > 1)
            throw new ArgumentException($"Expected the same number of trainable parameters in every run, found {string.Join(", ", parameters)} ({where}).", nameof(runs));
        double mean = runs.Sum(score) / runs.Count;
        double squares = runs.Sum(r => (score(r) - mean) * (score(r) - mean));
        double deviation = runs.Count > 1 ? Math.Sqrt(squares / (runs.Count - 1)) : 0;
        return new SummaryRow(method, shots, mean, deviation, runs.Count, parameters[0]);
    }
}
