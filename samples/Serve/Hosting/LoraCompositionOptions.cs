using LoraComposition.FewShot;
using TorchSharp;

namespace Serve;

/// <summary>The model that <see cref="LoraCompositionServices.AddLoraComposition"/> serves.</summary>
sealed class LoraCompositionOptions
{
    /// <summary>A folder that <see cref="AdaptedModel.Save"/> wrote.</summary>
    public string Model { get; set; } = "";

    /// <summary>The base's folder, where it is not where it was.</summary>
    public string? BaseFolder { get; set; }

    /// <summary>The device; null for the CPU.</summary>
    public torch.Device? Device { get; set; }

    /// <summary>The pictures that the model computes at once.</summary>
    public int BatchSize { get; set; } = 64;
}
