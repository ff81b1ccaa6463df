using LabelShift.Studies;
using LoraComposition.CommandLine;

namespace LabelShift;

/// <summary>The command line, read and checked.</summary>
sealed record LabelShiftSettings
{
    public required LabelData Data { get; init; }
    public required IStudy Study { get; init; }
    public required int Splits { get; init; }
    public required int Downstream { get; init; }
    public required ExperimentSettings Experiment { get; init; }
}
