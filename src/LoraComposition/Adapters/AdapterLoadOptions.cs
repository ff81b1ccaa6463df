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
}
