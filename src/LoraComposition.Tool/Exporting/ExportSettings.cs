using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>What <c>export</c> is asked for.</summary>
sealed record ExportSettings
{
    public required ClassifierChoice Model { get; init; }

    public required string Out { get; init; }

    public required ScalarType Dtype { get; init; }
}
