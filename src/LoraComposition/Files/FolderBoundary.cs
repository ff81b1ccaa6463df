namespace LoraComposition.Files;

/// <summary>Keeps the links in a folder from leading to files elsewhere.</summary>
internal static class FolderBoundary
{
    const string Snapshots = "snapshots", Blobs = "blobs", CachedModel = "models--";

    /// <summary>Follows a file's links.</summary>
    /// <param name="folder">The folder that was given.</param>
    /// <param name="file">A path in it.</param>
    /// <returns>Where the file lies, when that is outside the folder; null where it lies inside or does not exist.</returns>
    /// <remarks>A snapshot in a model hub's cache, <c>models--owner--name/snapshots/revision</c>, consists of links to the <c>blobs</c> beside it; these count as inside.</remarks>
    public static string? Outside(string folder, string file)
    {
        if (RealPath.Of(folder) is not { } root || RealPath.Of(file) is not { } real) return null;
        return RealPath.IsInside(real, root) || (BlobsOf(root) is { } blobs && RealPath.IsInside(real, blobs)) ? null : real;
    }

    static string? BlobsOf(string root)
    {
        // A sub-folder of a snapshot belongs to it.
        for (var folder = new DirectoryInfo(root); folder?.Parent is { } parent; folder = parent)
            if (parent.Name == Snapshots && parent.Parent is { } model && model.Name.StartsWith(CachedModel, StringComparison.Ordinal)) return Path.Combine(model.FullName, Blobs);
        return null;
    }
}
