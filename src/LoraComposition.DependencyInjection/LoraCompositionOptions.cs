using LoraComposition.FewShot;
using TorchSharp;

namespace LoraComposition.DependencyInjection;

/// <summary>The model that <see cref="LoraCompositionServices.AddLoraComposition"/> puts into the services.</summary>
/// <remarks>Not thread-safe; read once, while the services are added.</remarks>
public sealed class LoraCompositionOptions
{
    /// <summary>A folder that <see cref="AdaptedModel.Save"/>, <see cref="AdaptedTextModel.Save"/> or <c>lora-compose adapt</c> wrote. Must be given.</summary>
    public string Model { get; set; } = "";

    /// <summary>The base's model-hub folder, where it is not where it was. Default null, where it was.</summary>
    public string? BaseFolder { get; set; }

    /// <summary>The device. Default null, the CPU.</summary>
    public torch.Device? Device { get; set; }

    /// <summary>The pictures or texts that the model computes at once. Default 64.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">No model is named, or the batch size is not positive.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Model)) throw new ArgumentException($"{nameof(Model)} is missing; give a folder that lora-compose adapt wrote.", nameof(Model));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
    }
}
