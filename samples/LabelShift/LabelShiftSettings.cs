using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Upstream;
using TorchSharp;

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
    public required string Model { get; init; }
    public required IReadOnlyList<int?> Shots { get; init; }
    public required IReadOnlyList<int> Seeds { get; init; }
    public required IReadOnlyList<ITuningMethod> Methods { get; init; }
    public required int Splits { get; init; }
    public required int Downstream { get; init; }
    public required int ValidationPerClass { get; init; }
    public required torch.Device Device { get; init; }
    public required torch.ScalarType Dtype { get; init; }
    public required int? Threads { get; init; }
    public required string Out { get; init; }
    public required TuningOptions Tuning { get; init; }
    public required UpstreamOptions Upstream { get; init; }
}
