using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>The tables and figures of one experiment.</summary>
sealed class ExperimentContents
{
    public ExperimentContents(ReportExperiment experiment)
    {
        Experiment = experiment;
        Tables = ScoreTables.Of(experiment);
        Studies = [.. experiment.Studies.Select((study, index) => StudyContents.Of(study, $"study-{index + 1}-{study.Name}"))];
        // The runs of all subsets of the modules are too many for lines and maps of their own.
        HasSubsets = experiment.Studies.Any(study => study is SubsetStudyTable);
        var runWeights = HasSubsets ? [] : WeightMap.Of(experiment);
        WeightMaps = [.. WeightMap.AtLargest(runWeights).Where(map => !map.IsFlat)];
        KeptStarts = HasSubsets ? [] : KeptStart.Of(experiment);
        if (experiment.Summary.Shots.Count > 1 && !HasSubsets) Accuracy = new AccuracyFigure("accuracy",
            $"{experiment.Labels.Score} of each method over {experiment.Labels.Columns}, with 95 % intervals of the mean; the numbers are in the table.", experiment.Summary, experiment.Name,
            experiment.Labels);
        Gain = DrawGain();
        Weights = [.. WeightMaps.Select((map, index) => Map($"weights-{index + 1}-{map.Role}", map.Matrix, ScaleOf(map)))];
        // What the runs hold is drawn once, with them, and not at all where every run kept the start.
        Matrices = [.. experiment.Matrices.Select((matrix, index) => (matrix, index)).Where(m => !WeightMaps.Concat(runWeights.Where(map => map.IsFlat)).Any(map => map.IsAlso(m.matrix)))
            .Select(m => Map($"matrix-{m.index + 1}-{m.matrix.Title}", m.matrix, HeatScale.Of(m.matrix.Values.SelectMany(row => row))))];
    }

    public ReportExperiment Experiment { get; }

    public IReadOnlyList<ReportTable> Tables { get; }

    /// <summary>Whether the runs are those of all subsets of the modules.</summary>
    public bool HasSubsets { get; }

    /// <summary>The score over K; null where there is one K alone.</summary>
    public AccuracyFigure? Accuracy { get; }

    /// <summary>The tables of a study with their figures.</summary>
    public IReadOnlyList<StudyContents> Studies { get; }

    /// <summary>The gain with one sample; null where there is no result to compare.</summary>
    public DrawnFigure? Gain { get; }

    /// <summary>The maps at the largest K that say something: where every run kept the uniform start there is nothing to see.</summary>
    public IReadOnlyList<WeightMap> WeightMaps { get; }

    /// <summary>How many runs of each method ended with the weights they started from.</summary>
    public IReadOnlyList<string> KeptStarts { get; }

    /// <summary>A figure for each of <see cref="WeightMaps"/>.</summary>
    public IReadOnlyList<DrawnFigure> Weights { get; }

    /// <summary>A figure for each matrix beside the runs.</summary>
    public IReadOnlyList<DrawnFigure> Matrices { get; }

    public IEnumerable<ReportFigure> Figures => [.. Studies.Select(s => s.Figure).Concat([Accuracy, Gain]).OfType<ReportFigure>(), .. Weights, .. Matrices];

    public IEnumerable<ReportTable> AllTables => [.. Studies.Select(s => s.Table), .. Tables, .. Figures.Select(f => f.Numbers).OfType<ReportTable>()];

    static DrawnFigure Map(string name, LayerMatrix matrix, HeatScale scale) =>
        new(name, $"{matrix.Title}, by layer and module; the numbers are in the table below.", MatrixTable.Of(name, matrix), HeatMap.Draw(matrix, scale));

    // One scale for all maps of the same number of modules, so that they can be compared.
    HeatScale ScaleOf(WeightMap map)
    {
        int modules = map.Matrix.Columns.Count;
        return HeatScale.OfWeights(modules, WeightMaps.Where(other => other.Matrix.Columns.Count == modules).SelectMany(other => other.Matrix.Values)
            .SelectMany(row => row));
    }

    DrawnFigure? DrawGain()
    {
        var gains = OneShotGain.Of(Experiment.Runs, Experiment.Summary, Experiment.Reference);
        if (gains.Count == 0) return null;
        string title = $"Gain over {Experiment.Reference} at K = 1, in points [paired 95 % interval]";
        string Exact(double value) => value.ToString("F6", CultureInfo.InvariantCulture);
        string[] header = ["method", "gain in points", "95 % interval, low", "95 % interval, high"];
        var table = new ReportTable("one-shot-gain", title, ["Method", "Points"], [.. gains.Select(g => (SummaryGrid.Cell[])[new(g.Method), new(g.Text)])],
            CsvText.Of([header, .. gains.Select(g => (string[])[g.Method, Exact(g.Points), g.Interval is { } i ? Exact(i.Low) : "", g.Interval is { } j ? Exact(j.High) : ""])]));
        var methods = Experiment.Summary.Methods.ToList();
        return new DrawnFigure("one-shot-gain", $"{title}: {string.Join("; ", gains.Select(g => $"{g.Method} {g.Text}"))}.", table,
            GainBars.Draw(title, gains, method => PlotColors.Of(methods.IndexOf(method))));
    }
}

/// <summary>The tables of an experiment: its main score, then the other scores that texts have.</summary>
static class ScoreTables
{
    const string Intervals = ", mean [95 % interval of the mean over the seeds]";

    static readonly (string Name, string Caption)[] others =
    [
        ("accuracy", "Plain accuracy (%): equal but for case and white space at the ends"),
        ("optionAccuracy", "Option accuracy (%): the option nearest to what was written is the answer"),
    ];

    /// <summary>Makes them.</summary>
    /// <exception cref="RunFileException">A score is not from 0 to 1.</exception>
    public static IReadOnlyList<ReportTable> Of(ReportExperiment experiment)
    {
        if (experiment.Runs.Count == 0) return [];
        var tables = new List<ReportTable> { ReportTable.Of("results", Title(experiment) + Intervals, experiment.Summary,
            [.. Coincidences(experiment, experiment.Summary), .. experiment.Studies.Any(study => study is SubsetStudyTable) ? [] : RemarkReading.Of(experiment.Runs)]) };
        foreach (var (name, caption) in others)
        {
            var scored = experiment.Runs.Where(r => r.Scores.ContainsKey(name)).ToArray();
            if (scored.FirstOrDefault(r => r.Scores[name] is not (>= 0 and <= 1)) is { } bad)
                throw new RunFileException(experiment.PathOf(bad),
                    FormattableString.Invariant($"expected a score '{name}' from 0 to 1, found {bad.Scores[name]}. Delete the file to run it again."));
            if (scored.Length == 0) continue;
            var summary = experiment.Summarise(scored, r => r.Scores[name]);
            tables.Add(ReportTable.Of($"results-{name}", caption + Intervals, summary, Coincidences(experiment, summary)));
        }
        return tables;
    }

    // The runs of all subsets of the modules are many methods, of which some always coincide.
    static IReadOnlyList<string> Coincidences(ReportExperiment experiment, Summary summary) =>
        experiment.Studies.Any(study => study is SubsetStudyTable) ? [] : CoincidenceReading.Of(summary, experiment.Runs);

    static string Title(ReportExperiment experiment) => experiment.IsText ? "Exact match (%)" : "Top-1 accuracy (%)";
}

/// <summary>A table of a study, its figure, and what it says.</summary>
/// <param name="Table">The table.</param>
/// <param name="Figure">The figure; null where the columns are no numbers to draw over.</param>
/// <param name="Sentences">What it says.</param>
sealed record StudyContents(ReportTable Table, ReportFigure? Figure, IReadOnlyList<string> Sentences)
{
    /// <summary>Makes table and figure.</summary>
    /// <param name="study">The table.</param>
    /// <param name="file">What the files are called.</param>
    public static StudyContents Of(StudyTable study, string file) => study switch
    {
        ScoreStudyTable scores => Of(scores.Name, file, scores.Table),
        SubsetStudyTable subsets => Of(subsets.Name, file, subsets.Table),
        _ => throw new ArgumentException($"No contents are known for {study.GetType().Name}.", nameof(study)),
    };

    static StudyContents Of(string name, string file, ScoreTable table)
    {
        bool numbers = table.Columns.Count > 1 && table.Columns.All(column => double.TryParse(column, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        var shown = new ReportTable(file, $"{name}: by {table.RowTitle} and {table.ColumnTitle} (%), mean [95 % interval of the mean, Student's t over the seeds]", [Capital(table.RowTitle), .. table.Columns],
            [.. table.Rows.Select((row, index) => (SummaryGrid.Cell[])[new(row.Name), .. table.Columns.Select((_, column) => table.Cell(index, column))])],
                ScoreTableCsv.Of(table));
        return new StudyContents(shown, numbers ? new ScoreFigure(file,
            $"{PlotLabels.Images.Score} by {table.RowTitle} over {table.ColumnTitle}, with 95 % intervals of the mean; the numbers are in the table.", table, name,
            new PlotLabels(Capital(table.ColumnTitle), PlotLabels.Images.Score)) : null,
            numbers ? ScoreTableReading.Of(table) : []);
    }

    static StudyContents Of(string name, string file, SubsetTable table)
    {
        var sizes = table.Sizes.Select(size => (SummaryGrid.Cell[])
            [new(Text(size.Modules)), new(Text(size.Subsets.Count)), new(SummaryGrid.Percent(size.Mean), size.Mean >= table.Sizes.Max(other => other.Mean)),
                new(SummaryGrid.Percent(size.Least)), new(SummaryGrid.Percent(size.Most))]);
        var shown = new ReportTable(file, $"{name}: by the number of modules (%)", ["Modules", "Subsets", "Mean", "Least", "Most"], [.. sizes],
            SubsetTableCsv.Of(table));
        var labels = new PlotLabels("Upstream modules, n", PlotLabels.Images.Score);
        return new StudyContents(shown,
            new SpreadFigure(file, $"{labels.Score} of every subset of the modules over their number, and the mean; the numbers are in the table.", table, name,
            labels), SubsetReading.Of(table));
    }

    static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
