using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>What <c>export</c> is asked for.</summary>
sealed record ExportSettings
{
    /// <summary>A folder that <c>adapt</c> wrote, or a checkpoint.</summary>
    public required string Model { get; init; }

    /// <summary>Where an adapted model's base is now; null for where it was.</summary>
    public string? Base { get; init; }

    /// <summary>Adapters to compose on a checkpoint.</summary>
    public required IReadOnlyList<string> Adapters { get; init; }

    public required string Out { get; init; }

    public required ScalarType Dtype { get; init; }
}
