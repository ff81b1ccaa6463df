using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How to save a model.</summary>
public sealed record CheckpointSaveOptions
{
    /// <summary>The type of the numbers in the file: float32, bfloat16, float16 or float64. Default null: the parameters' own, or with <see cref="Base"/> those of its files.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>
    /// The most bytes of tensors in one file. What does not fit into one goes to <c>model-00001-of-0000N.safetensors</c> and so on with an index, and a
    /// <c>model.safetensors</c> of
    /// before is deleted, because readers would prefer it. A tensor larger than this gets a file of its own. Default null: one file.
    /// </summary>
    public long? MaxShardBytes { get; init; }

    /// <summary>
    /// How the weights came about, for example what <c>Composition.ToProvenance</c> gives before a merge; kept in the file's metadata. Default null: nothing is
    /// said.
    /// </summary>
    public AdapterProvenance? Provenance { get; init; }

    /// <summary>
    /// The folder that the model was loaded from, to write the model over it. What did not change since stays as it is there, byte for byte: tensors, also those
    /// that the model does not need, their names and types, the settings in <c>config.json</c>, text entries, and the files beside. What did change is rounded
    /// to the type that it has there. Of the files beside, those that a model needs in use must be regular ones of the folder; others that are not, or that are
    /// longer than 64 MiB, are left out. Default null: the model is written by itself, in the layout of transformers.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>
    /// Without <see cref="Base"/>: the folder that the model was loaded from. What stands there beside the weights and the model needs in use is copied as it is: of a ViT
    /// <c>preprocessor_config.json</c>, of a T5
    /// the tokenizer's files and <c>generation_config.json</c>. Links that leave the folder are refused, but for a hub cache's snapshots. Default null: nothing
    /// is copied.
    /// </summary>
    public string? CompanionsFrom { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is none of floating-point numbers, a shard could not hold a byte, or two folders are given.</exception>
    public void Validate()
    {
        if (Base is not null) ArgumentException.ThrowIfNullOrWhiteSpace(Base, nameof(Base));
        if (Base is not null && CompanionsFrom is not null) throw new ArgumentException("The base's own files go along; leave CompanionsFrom out.", nameof(CompanionsFrom));
        if (MaxShardBytes < 1) throw new ArgumentOutOfRangeException(nameof(MaxShardBytes), MaxShardBytes, "A shard must hold at least one byte.");
        if (Dtype is not (null or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw new ArgumentException($"A checkpoint cannot be saved as {Dtype}; expected float32, bfloat16, float16 or float64.", nameof(Dtype));
    }
}
