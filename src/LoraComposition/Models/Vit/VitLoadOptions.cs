using static TorchSharp.torch;

namespace LoraComposition.Models.Vit;

/// <summary>How to load a ViT.</summary>
public sealed record VitLoadOptions
{
    /// <summary>The names of new classes: the model gets a fresh head for them. Default null: the checkpoint's own head, or none for a backbone alone.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The seed of a fresh head. Default 0.</summary>
    public long HeadSeed { get; init; }

    /// <summary>The side of the images in pixels, a multiple of the patch's; the positions are interpolated. Default null: the checkpoint's own.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The type of the parameters. Default float32, whatever the file holds.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether shards may be links that leave the folder, as in the cache of the model hub's own program. Default false: such links are refused.</summary>
    public bool AllowOutsideLinks { get; init; }
}
