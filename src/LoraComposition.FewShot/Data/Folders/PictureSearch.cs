using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>
/// Finds the pictures below folders, at every depth. Links are followed, for data sets lie on other disks; what links lead to twice is read once.
/// Hidden entries and the folders that systems put beside pictures are passed over in silence, all else that is no picture is counted.
/// </summary>
internal sealed class PictureSearch(PassedOver passedOver)
{
    // macOS puts halves of files into archives, Synology thumbnails beside pictures; the others are of file systems.
    static readonly HashSet<string> systemFolders = new(["__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"],
        StringComparer.OrdinalIgnoreCase);

    readonly HashSet<string> seen = new(StringComparer.Ordinal);

    /// <summary>Whether an entry is one that people did not put there.</summary>
    public static bool IsHidden(FileSystemInfo entry) => entry.Name.StartsWith('.') || systemFolders.Contains(entry.Name)
        || (OperatingSystem.IsWindows() && (entry.Attributes & (FileAttributes.Hidden | FileAttributes.System)) != 0);

    /// <summary>The pictures of a folder and of all below it, in no certain order.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">What to call it in messages and relative paths.</param>
    /// <exception cref="IOException">A folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be listed.</exception>
    public IEnumerable<FoundPicture> Below(string folder, string name) =>
        RealPath.Of(folder) is { } real ? Walk(new DirectoryInfo(folder), real, name) : [];

    /// <summary>The folders and files directly in a folder, links followed, hidden ones left out. Links that lead nowhere are counted.</summary>
    public IEnumerable<(FileSystemInfo Entry, string Real)> In(DirectoryInfo folder, string realFolder, string name)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (IsHidden(entry)) continue;
            string? real = entry.Attributes.HasFlag(FileAttributes.ReparsePoint) ? RealPath.Of(entry.FullName) : Path.Combine(realFolder, entry.Name);
            if (real is null) passedOver.Add("links that lead nowhere", Joined(name, entry.Name));
            else yield return (entry, real);
        }
    }

    IEnumerable<FoundPicture> Walk(DirectoryInfo folder, string real, string name)
    {
        if (!seen.Add(real))
        {
            passedOver.Add("folders that were read already, by another link", name);
            yield break;
        }
        foreach (var (entry, target) in In(folder, real, name))
        {
            string called = Joined(name, entry.Name);
            if (Directory.Exists(target))
            {
                if (target == real || RealPath.IsInside(real, target)) passedOver.Add("links that lead in a circle", called);
                else foreach (var picture in Walk(new DirectoryInfo(entry.FullName), target, called)) yield return picture;
            }
            else if (Picture(entry.FullName, target, called) is { } picture) yield return picture;
        }
    }

    FoundPicture? Picture(string path, string target, string name)
    {
        long length = new FileInfo(target).Length;
        if (PictureFormats.IsPicture(target, Path.GetFileName(name), length, out string? kind)) return new FoundPicture(path, name, length);
        passedOver.Add(kind is null ? "files that are no pictures"
            : $"{kind[(kind.IndexOf(' ', StringComparison.Ordinal) + 1)..].Replace(" picture", " pictures", StringComparison.Ordinal)}, which are not read", name);
        return null;
    }

    static string Joined(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}

/// <summary>A picture that a search found.</summary>
/// <param name="Path">The file to open.</param>
/// <param name="Name">Its path from where the search began, with forward slashes.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record FoundPicture(string Path, string Name, long Length);
