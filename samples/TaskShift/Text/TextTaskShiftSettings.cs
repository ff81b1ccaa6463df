using LoraComposition.CommandLine;

namespace TaskShift.Text;

/// <summary>The command line, read and checked.</summary>
sealed record TextTaskShiftSettings
{
    /// <summary>The folder of CrossFit's data sets; null for others.</summary>
    public string? CrossFitFolder { get; init; }

    /// <summary>One's own texts; null for others.</summary>
    public NamedData? Own { get; init; }

    public required int MaxLength { get; init; }

    public required ExperimentSettings Experiment { get; init; }
}
