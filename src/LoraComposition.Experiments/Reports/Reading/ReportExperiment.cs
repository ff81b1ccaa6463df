using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What one experiment left in its folder.</summary>
sealed record ReportExperiment
{
    // The paper's order; the results do not say in which order the methods were asked for.
    static readonly string[] order = [new ZeroShot().Name, .. TuningMethods.Vision.Concat(TuningMethods.VisionControls).Select(m => m.Name)];

    /// <summary>The experiment's name.</summary>
    public required string Name { get; init; }

    /// <summary>The folder as the page names it: below the folder that was given.</summary>
    public required string Place { get; init; }

    /// <summary>The folder of the runs.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The runs; none where the folder holds only matrices.</summary>
    public required IReadOnlyList<RunResult> Runs { get; init; }

    /// <summary>The main score of the runs.</summary>
    public required Summary Summary { get; init; }

    /// <summary>The matrices beside the runs, by the order of their files.</summary>
    public required IReadOnlyList<LayerMatrix> Matrices { get; init; }

    /// <summary>The tables of a study, by the order of their files.</summary>
    public required IReadOnlyList<StudyTable> Studies { get; init; }

    /// <summary>The lines of the search that chose the settings, the header first; none where there was none.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Search { get; init; }

    /// <summary>The command that repeats it; null where it is not known.</summary>
    public required string? Command { get; init; }

    /// <summary>Whether the model writes answers.</summary>
    public bool IsText => Runs.Any(r => r.Scores.ContainsKey("optionAccuracy") || r.Key.Method == order[0]);

    /// <summary>The labels of its plots.</summary>
    public PlotLabels Labels => IsText ? PlotLabels.Text : PlotLabels.Images;

    /// <summary>The untuned method that others are compared with.</summary>
    public string Reference => IsText ? order[0] : new ClassifierTuning().Name;

    /// <summary>The file of a run.</summary>
    public string PathOf(RunResult run) => Path.Combine(RunFolder, run.Key.FileName);

    /// <summary>Summarises a number of some of the runs.</summary>
    public Summary Summarise(IEnumerable<RunResult> runs, Func<RunResult, double>? score = null) => Summarise(RunFolder, runs, score);

    /// <summary>Summarises runs in the paper's order of the methods.</summary>
    /// <exception cref="RunFileException">The runs of a row differ in their trained numbers.</exception>
    public static Summary Summarise(string runFolder, IEnumerable<RunResult> runs, Func<RunResult, double>? score = null)
    {
        try
        {
            return Summary.Of(runs, order, score);
        }
        catch (ArgumentException e)
        {
            // The message without the name of Summary's parameter, which means nothing to the user.
            throw new RunFileException(runFolder, e.ParamName is null ? e.Message : e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal), e);
        }
    }
}
