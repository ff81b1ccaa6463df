using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How updates are merged into the files of a checkpoint.</summary>
public sealed record CheckpointMergeOptions
{
    /// <summary>Subtract the updates, to take a merge back. Default false: they are added.</summary>
    public bool Subtract { get; init; }

    /// <summary>
    /// The folder of a checkpoint to compare the result with, tensor by tensor: of a subtraction, the model before the merge. Default null: nothing is
    /// compared.
    /// </summary>
    public string? CompareWith { get; init; }

    /// <summary>Follow symbolic links of shards that leave their folder. Default false; the snapshots in a model hub's cache need no permission.</summary>
    public bool AllowOutsideLinks { get; init; }

    /// <summary>Whether files of the same name are replaced. Default false: the folder to write must be missing or empty.</summary>
    public bool Replace { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The folder to compare with has an empty name.</exception>
    public void Validate()
    {
        if (CompareWith is not null) ArgumentException.ThrowIfNullOrWhiteSpace(CompareWith, nameof(CompareWith));
    }
}

/// <summary>One weight that a merge changed.</summary>
/// <param name="Name">The tensor's name in the checkpoint.</param>
/// <param name="Layer">The adapter's layer.</param>
/// <param name="Dtype">The type in the file.</param>
/// <param name="RoundingBound">
/// By how much rounding can have moved any of its numbers: of a merge, from the exact sum, which is half of the last place of the largest number in the file's
/// type (and, for a type of 16 bits, of the float32 sum before). Of a subtraction, from the number before the merge, which was rounded then too; it holds where
/// the same update was added by the same library, since that is computed alike.
/// </param>
/// <param name="Difference">The largest difference found to the checkpoint to compare with; null where there was none.</param>
public sealed record MergedTensor(string Name, string Layer, ScalarType Dtype, double RoundingBound, double? Difference);
