using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>What is let through when an adapter is read.</summary>
public sealed record AdapterLoadOptions
{
    /// <summary>Read weights that hold NaN or infinite numbers too, with a warning, to look at a training that diverged. Default false.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>
    /// Follow symbolic links that lead out of the given folder. Default false: an adapter from a stranger could point at any file. The snapshots in
    /// a model hub's cache, which link to the blobs beside them, need no permission.
    /// </summary>
    public bool AllowOutsideLinks { get; init; }

    /// <summary>
    /// Read adapters of any architecture, to compose them without a model. Let through then are: whole modules of any name that were saved with the adapter
    /// (<see cref="AdapterFile.Saved"/>), LoRA on embeddings and on convolutions of 1×1 (<see cref="AdapterLayerKind"/>), and files in the spellings of kohya and diffusers (<see cref="AdapterLayout"/>). Default false: only plain LoRA on linear layers and the head <c>classifier</c>.
    /// </summary>
    public bool AnyArchitecture { get; init; }
}

/// <summary>How an adapter is written.</summary>
public sealed record AdapterSaveOptions
{
    /// <summary>The type of the weights in the file; that of the tensors where null. Default null. A 16-bit type halves the file and rounds the weights.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is not a floating one.</exception>
    public void Validate()
    {
        if (Dtype is not (null or ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new ArgumentException($"The weights of an adapter cannot be written as {Dtype}; expected Float32, Float16, BFloat16 or Float64.");
    }
}
