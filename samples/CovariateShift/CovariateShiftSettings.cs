using LoraComposition.CommandLine;

namespace CovariateShift;

/// <summary>The command line, read and checked.</summary>
sealed record CovariateShiftSettings
{
    /// <summary>The domains to choose from, and their images.</summary>
    public required IDomains Domains { get; init; }

    /// <summary>The domains to train modules for.</summary>
    public required IReadOnlyList<string> Upstream { get; init; }

    /// <summary>The domain to learn.</summary>
    public required string Downstream { get; init; }

    public required ExperimentSettings Experiment { get; init; }
}
