using LoraComposition.CommandLine;

namespace TaskShift.Text;

/// <summary>The command line, read and checked.</summary>
sealed record TextTaskShiftSettings
{
    /// <summary>The folder of CrossFit's data sets; null for the embedded questions.</summary>
    public string? CrossFitFolder { get; init; }

    public required int MaxLength { get; init; }

    public required ExperimentSettings Experiment { get; init; }
}
