using System.Globalization;
using System.Text;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The scores of compositions of some of the modules, by their number (Fig. 5 of arXiv:2402.15414).</summary>
/// <remarks>Immutable.</remarks>
public sealed class SubsetTable
{
    /// <summary>Gathers the scores.</summary>
    /// <param name="subsets">The compositions, at least one, each of at least one module; no set of modules occurs twice.</param>
    /// <exception cref="ArgumentException">There is no composition, one has no module, or one occurs twice.</exception>
    public SubsetTable(IReadOnlyList<SubsetScore> subsets)
    {
        ArgumentNullException.ThrowIfNull(subsets);
        if (subsets.Count == 0) throw new ArgumentException("There are no subsets.", nameof(subsets));
        if (subsets.Any(subset => subset.Modules.Count == 0)) throw new ArgumentException("A subset holds no module.", nameof(subsets));
        if (subsets.GroupBy(subset => string.Join('\n', subset.Modules.Order(StringComparer.Ordinal)), StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The subset '{twice.First().Name}' occurs twice.", nameof(subsets));
        Sizes = [.. subsets.GroupBy(subset => subset.Modules.Count).OrderBy(size => size.Key).Select(size => new SubsetSize(size.Key, [.. size]))];
    }

    /// <summary>The numbers of modules, ascending, each with its subsets in the order given.</summary>
    public IReadOnlyList<SubsetSize> Sizes { get; }

    /// <summary>Methods without modules to compare with. Default none.</summary>
    public IReadOnlyList<(string Name, ScoreStatistics Score)> References { get; init; } = [];

    /// <summary>All subsets, the smallest first.</summary>
    public IEnumerable<SubsetScore> Subsets => Sizes.SelectMany(size => size.Subsets);

    /// <summary>The table as texts: mean, least and largest mean score in percent for each number of modules.</summary>
    public SummaryGrid Grid => new(["modules", "subsets", "mean", "min", "max"], [.. Sizes.Select(size => (SummaryGrid.Cell[])
        [new($"{size.Modules}"), new($"{size.Subsets.Count}"), new(SummaryGrid.Percent(size.Mean)), new(SummaryGrid.Percent(size.Least)), new(SummaryGrid.Percent(size.Most))])]);

    /// <summary>
    /// Writes a line for each subset as CSV, whole or not at all: <c>subset,n,mean,std,runs,ci95_low,ci95_high</c>, and for each reference, with n = 0; scores as fractions with
    /// ten digits, lines ended by LF.
    /// </summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, SubsetTableCsv.Of(this));
    }

    /// <summary>Reads a table that <see cref="WriteCsv"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table, with ten digits of each score.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, or not such a table.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static SubsetTable ReadCsv(string path) => SubsetTableCsv.Read(path);
}

/// <summary>The scores of subsets as CSV: a line for each subset, then one for each method without modules, n = 0.</summary>
static class SubsetTableCsv
{
    const string Start = "subset,n,", Header = Start + CsvFile.ScoreColumns, Between = " + ";

    public static string Of(SubsetTable table)
    {
        var text = new StringBuilder($"{Header}\n");
        void Line(string name, int modules, ScoreStatistics score) => text.Append(CultureInfo.InvariantCulture,
            $"{CsvField.Of(name)},{modules},{CsvFile.Fields(score)}\n");
        foreach (var subset in table.Subsets) Line(subset.Name, subset.Modules.Count, subset.Score);
        foreach (var (name, score) in table.References) Line(name, 0, score);
        return text.ToString();
    }

    /// <summary>Whether a file that begins so is such a table.</summary>
    public static bool IsHeader(string line) => line.StartsWith(Start, StringComparison.Ordinal) && CsvFile.IsScoreHeader(line);

    public static SubsetTable Read(string path)
    {
        var file = CsvFile.Read(path, IsHeader, $"the scores of subsets ({Header})");
        var lines = file.Lines.Select(line => (line.Number, Name: line.Fields[0], Modules: CsvFile.Whole(line.Fields[1]), Score: file.Score(line, 2))).ToArray();
        if (lines.FirstOrDefault(line => line.Modules is not { } n || (n > 0 && line.Name.Split(Between).Length != n)) is { Number: > 0 } wrong)
            throw file.Damaged($"line {wrong.Number}: expected as many modules as n says");
        try
        {
            return new SubsetTable([.. lines.Where(line => line.Modules > 0).Select(line => new SubsetScore(line.Name.Split(Between), line.Score))])
            {
                References = [.. lines.Where(line => line.Modules == 0).Select(line => (line.Name, line.Score))],
            };
        }
        catch (ArgumentException e)
        {
            throw file.Damaged(e.Message.Split(" (Parameter", 2)[0].TrimEnd('.'));
        }
    }
}

/// <summary>How a composition of some modules did.</summary>
/// <param name="Modules">The modules' names.</param>
/// <param name="Score">The score over the seeds.</param>
public sealed record SubsetScore(IReadOnlyList<string> Modules, ScoreStatistics Score)
{
    /// <summary>The modules in one text: <c>a + b</c>.</summary>
    public string Name => string.Join(" + ", Modules);
}

/// <summary>How the compositions of one number of modules did.</summary>
/// <param name="Modules">The number of modules.</param>
/// <param name="Subsets">The compositions.</param>
public sealed record SubsetSize(int Modules, IReadOnlyList<SubsetScore> Subsets)
{
    /// <summary>The mean of their mean scores, 0 to 1.</summary>
    public double Mean => Subsets.Average(subset => subset.Score.Mean);

    /// <summary>The lowest mean score.</summary>
    public double Least => Subsets.Min(subset => subset.Score.Mean);

    /// <summary>The highest mean score.</summary>
    public double Most => Subsets.Max(subset => subset.Score.Mean);
}

/// <summary>What the scores of subsets of the modules say, in words: what the number of modules changes, and what their choice and the seeds change.</summary>
public static class SubsetReading
{
    /// <summary>Reads the scores of one method.</summary>
    /// <param name="table">The scores.</param>
    /// <returns>The sentences.</returns>
    public static IReadOnlyList<string> Of(SubsetTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var sentences = new List<string>();
        if (table.Sizes.Count > 1) sentences.Add(Numbers(table));
        if (table.Subsets.Count() > 1) sentences.Add(Best(table));
        sentences.AddRange(table.References.Select(reference => Reference(table.Sizes[^1], reference.Name, reference.Score)));
        return sentences;
    }

    static string Numbers(SubsetTable table)
    {
        SubsetSize first = table.Sizes[0], last = table.Sizes[^1], widest = table.Sizes.MaxBy(size => size.Most - size.Least)!;
        double change = table.Sizes.Max(size => size.Mean) - table.Sizes.Min(size => size.Mean), choice = widest.Most - widest.Least;
        double? seeds = Seeds(table);
        string trend = $"From {Modules(first.Modules)} to {last.Modules} the mean goes from {SummaryGrid.Percent(first.Mean)} to {SummaryGrid.Percent(last.Mean)} % (the means differ by at most {SummaryGrid.Percent(change)} points); "
            + $"subsets of {Modules(widest.Modules)} differ by up to {SummaryGrid.Percent(choice)} points";
        if (seeds is null) return $"{trend}; with one seed the spread of the seeds is unknown, so neither difference can be told from chance.";
        // The highest and the lowest are picked, so chance alone puts them more than one deviation apart.
        string verdict = (change > 2 * seeds, choice > 2 * seeds) switch
        {
            (false, false) => "neither stands out from the seeds",
            (false, true) => "which modules they are matters, their number does not stand out from the seeds",
            (true, false) => "the number of modules matters, which they are does not stand out from the seeds",
            _ => change >= choice ? "the number of modules matters more than which they are" : "which modules they are matters more than their number",
        };
        return $"{trend}; the seeds of one subset have a standard deviation of {SummaryGrid.Percent(seeds.Value)} points: {verdict}.";
    }

    static string Best(SubsetTable table)
    {
        var best = table.Subsets.MaxBy(subset => subset.Score.Mean)!;
        return $"The best of {table.Subsets.Count()} subsets is {best.Name} with {SummaryGrid.Percent(best.Score.Mean)} %; it is picked by the test score, so this is too high an estimate for it.";
    }

    static string Reference(SubsetSize largest, string name, ScoreStatistics score)
    {
        // Of several largest subsets the one that varies most, with their common mean: on the safe side.
        var composition = new ScoreStatistics(largest.Mean, largest.Subsets.Max(subset => subset.Score.StandardDeviation),
            largest.Subsets.Min(subset => subset.Score.Runs));
        bool above = score.Mean >= composition.Mean;
        var interval = above ? MeanDifference.Interval(score, composition) : MeanDifference.Interval(composition, score);
        string difference = $"{SummaryGrid.Percent(Math.Abs(score.Mean - composition.Mean))} points {(above ? "above" : "below")} the composition of {Modules(largest.Modules)}";
        string caution = interval is not { } known ? " (one seed: no interval)"
            : $" [{SummaryGrid.Percent(known.Low)}, {SummaryGrid.Percent(known.High)}]{(known.HoldsZero ? ": no difference can be seen" : "")}";
        return $"{name} has {SummaryGrid.Percent(score.Mean)} %, {difference}{caution}.";
    }

    // The root of the mean variance; null where some subset has one run.
    static double? Seeds(SubsetTable table) => table.Subsets.All(subset => subset.Score.Runs > 1)
        ? Math.Sqrt(table.Subsets.Average(subset => subset.Score.StandardDeviation * subset.Score.StandardDeviation)) : null;

    static string Modules(int count) => count == 1 ? "1 module" : $"{count} modules";
}
