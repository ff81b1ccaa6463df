using LoraComposition.CommandLine;

namespace TaskShift.Vision;

/// <summary>The command line, read and checked.</summary>
sealed record VisionTaskShiftSettings
{
    /// <summary>The data sets and their folders; empty for the embedded ones.</summary>
    public required IReadOnlyList<BenchmarkFolder> Data { get; init; }

    /// <summary>The data set to learn; null for each in turn.</summary>
    public string? Downstream { get; init; }

    public required ExperimentSettings Experiment { get; init; }
}
