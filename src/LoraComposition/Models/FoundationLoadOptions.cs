using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How to load a model whose family its folder tells.</summary>
public sealed record FoundationLoadOptions
{
    /// <summary>The type of the parameters. Default float32, whatever the file holds. A T5 keeps the layers that leave its feed-forward parts in float32 at least.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether shards may be links that leave the folder, as in the cache of the model hub's own program. Default false: such links are refused.</summary>
    public bool AllowOutsideLinks { get; init; }
}
