using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How to load a ViT.</summary>
public sealed record VitLoadOptions
{
    /// <summary>The names of new classes: the model gets a fresh head for them. Default null: the checkpoint's own head, or none for a model without one.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The seed of a fresh head. Default 0.</summary>
    public long HeadSeed { get; init; }

    /// <summary>The side of the images in pixels, a multiple of the patch's; the positions are interpolated. Default null: the checkpoint's own.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The type of the parameters. Default float32, whatever the file holds.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether shards may be links that leave the folder, as in the cache of the model hub's own program. Default false: such links are refused.</summary>
    public bool AllowOutsideLinks { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is none of floating-point numbers, the image size is not positive, or the list of classes is empty.</exception>
    public void Validate()
    {
        if (Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw new ArgumentException($"A model cannot be loaded as {Dtype}; expected float32, bfloat16, float16 or float64.", nameof(Dtype));
        if (ImageSize < 1) throw new ArgumentException($"An image size of {ImageSize} was asked for; it must be at least 1.", nameof(ImageSize));
        if (ClassNames is { Count: 0 }) throw new ArgumentException("A head needs at least one class.", nameof(ClassNames));
    }
}
