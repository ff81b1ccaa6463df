using Analysis.Data;
using Analysis.Studies;
using LoraComposition.CommandLine;

namespace Analysis;

/// <summary>The command line, read and checked.</summary>
sealed record AnalysisSettings
{
    public required ITaskSource Data { get; init; }
    public required IStudy Study { get; init; }
    public required ExperimentSettings Experiment { get; init; }
}
