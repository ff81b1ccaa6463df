using LoraComposition.CommandLine;

namespace TaskShift.Vision;

/// <summary>The command line, read and checked.</summary>
sealed record VisionTaskShiftSettings
{
    /// <summary>The data sets and their folders; empty for the embedded ones.</summary>
    public required IReadOnlyList<NamedPath> Data { get; init; }

    /// <summary>Which of them are learned, each in a round of its own, and which modules are trained for.</summary>
    public required TransferChoice Choice { get; init; }

    public required ExperimentSettings Experiment { get; init; }
}
