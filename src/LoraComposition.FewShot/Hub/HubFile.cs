namespace LoraComposition.FewShot;

/// <summary>What the hub says of a file.</summary>
/// <param name="Name">Its plain name.</param>
/// <param name="Address">Where its content is asked for.</param>
/// <param name="Hash">A hash as <see cref="BlobHash"/> computes it.</param>
/// <param name="Size">Its bytes.</param>
sealed record HubFile(string Name, Uri Address, string Hash, long Size);
