using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How to load a T5.</summary>
public sealed record T5LoadOptions
{
    /// <summary>The type of the parameters. Default float32, whatever the file holds. The layers that leave the feed-forward parts are float32 at least.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether shards may be links that leave the folder, as in the cache of the model hub's own program. Default false: such links are refused.</summary>
    public bool AllowOutsideLinks { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is none of floating-point numbers.</exception>
    public void Validate()
    {
        if (Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw new ArgumentException($"A model cannot be loaded as {Dtype}; expected float32, bfloat16, float16 or float64.", nameof(Dtype));
    }
}
