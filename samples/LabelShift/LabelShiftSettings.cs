using LabelShift.Studies;
using LoraComposition.CommandLine.Experiments;

namespace LabelShift;

/// <summary>Which data the experiment runs on.</summary>
enum DataSource
{
    Embedded,
    Cifar100,
    Folder,
}

/// <summary>The command line, read and checked.</summary>
sealed record LabelShiftSettings
{
    public required DataSource Data { get; init; }
    public string? Path { get; init; }
    public required IStudy Study { get; init; }
    public required int Splits { get; init; }
    public required int Downstream { get; init; }
    public required ExperimentSettings Experiment { get; init; }
}
