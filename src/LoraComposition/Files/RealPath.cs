namespace LoraComposition.Files;

/// <summary>Follows symbolic links, in every part of a path.</summary>
public static class RealPath
{
    /// <summary>The file or folder that a path leads to in the end, or null where it leads nowhere.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The real path, without an ending separator.</returns>
    public static string? Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        if (Of(parent) is not { } realParent) return null;
        string here = Path.Combine(realParent, Path.GetFileName(full));
        FileSystemInfo entry = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
        if (entry.LinkTarget is null) return entry.Exists ? here : null;
        try
        {
            return entry.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } target ? Of(target.FullName) : null;
        }
        catch (IOException)
        {
            // Links in a circle lead nowhere.
            return null;
        }
    }

    /// <summary>Whether a real path lies in a real folder.</summary>
    /// <param name="realPath">A path that <see cref="Of"/> gave.</param>
    /// <param name="realFolder">A folder that <see cref="Of"/> gave.</param>
    /// <returns>True where it does; a folder does not lie in itself.</returns>
    public static bool IsInside(string realPath, string realFolder) =>
        realPath.StartsWith(Path.EndsInDirectorySeparator(realFolder) ? realFolder : realFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}

/// <summary>Keeps the links in a folder from leading to files elsewhere.</summary>
internal static class FolderBoundary
{
    const string Snapshots = "snapshots", Blobs = "blobs", CachedModel = "models--";

    /// <summary>Follows a file's links.</summary>
    /// <param name="folder">The folder that was given.</param>
    /// <param name="file">A path in it.</param>
    /// <returns>Where the file lies, when that is outside the folder; null where it lies inside or does not exist.</returns>
    /// <remarks>
    /// A snapshot in a model hub's cache, <c>models--owner--name/snapshots/revision</c>, consists of links to the <c>blobs</c> beside it; these count as
    /// inside.
    /// </remarks>
    public static string? Outside(string folder, string file)
    {
        if (RealPath.Of(folder) is not { } root || RealPath.Of(file) is not { } real) return null;
        return RealPath.IsInside(real, root) || (BlobsOf(root) is { } blobs && RealPath.IsInside(real, blobs)) ? null : real;
    }

    static string? BlobsOf(string root)
    {
        // A sub-folder of a snapshot belongs to it.
        for (var folder = new DirectoryInfo(root); folder?.Parent is { } parent; folder = parent)
            if (parent.Name == Snapshots && parent.Parent is { } model && model.Name.StartsWith(CachedModel, StringComparison.Ordinal))
                return Path.Combine(model.FullName, Blobs);
        return null;
    }
}
