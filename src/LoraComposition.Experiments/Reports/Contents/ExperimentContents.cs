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
        WeightMaps = HasSubsets ? [] : WeightMap.Of(experiment);
        if (experiment.Summary.Shots.Count > 1 && !HasSubsets) Accuracy = new AccuracyFigure("accuracy", $"{experiment.Labels.Score} of each method over {experiment.Labels.Columns}; the numbers are in the table.", experiment.Summary, experiment.Name, experiment.Labels);
        Gain = DrawGain();
        Weights = [.. WeightMaps.Select((map, index) => Map($"weights-{index + 1}-{map.Role}", map.Matrix, ScaleOf(map)))];
        Matrices = [.. experiment.Matrices.Select((matrix, index) => Map($"matrix-{index + 1}-{matrix.Title}", matrix, HeatScale.Of(matrix.Values.SelectMany(row => row))))];
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

    public IReadOnlyList<WeightMap> WeightMaps { get; }

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
        return HeatScale.OfWeights(modules, WeightMaps.Where(other => other.Matrix.Columns.Count == modules).SelectMany(other => other.Matrix.Values).SelectMany(row => row));
    }

    DrawnFigure? DrawGain()
    {
        var gains = OneShotGain.Of(Experiment.Runs, Experiment.Summary, Experiment.Reference);
        if (gains.Count == 0) return null;
        string title = $"Gain over {Experiment.Reference} at K = 1, in points";
        string Exact(double value) => value.ToString("F6", CultureInfo.InvariantCulture);
        string[] header = ["method", "gain in points", "standard deviation"];
        var table = new ReportTable("one-shot-gain", title, ["Method", "Points"], [.. gains.Select(g => (SummaryGrid.Cell[])[new(g.Method), new(g.Text)])],
            CsvText.Of([header, .. gains.Select(g => (string[])[g.Method, Exact(g.Points), Exact(g.Spread)])]));
        var methods = Experiment.Summary.Methods.ToList();
        return new DrawnFigure("one-shot-gain", $"{title}: {string.Join("; ", gains.Select(g => $"{g.Method} {g.Text}"))}.", table, GainBars.Draw(title, gains, method => PlotColors.Of(methods.IndexOf(method))));
    }
}
