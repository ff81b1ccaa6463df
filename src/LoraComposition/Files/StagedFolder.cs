namespace LoraComposition.Files;

/// <summary>Writes a folder of several files that belong together: it appears when all of them are there and checked, never before.</summary>
public static class StagedFolder
{
    /// <summary>Fills a folder beside the destination and, when that has succeeded, puts it in place.</summary>
    /// <param name="path">The destination. A missing one appears in one step; into an existing one the files are moved in the order they were written, JSON
    /// files last, replacing those of the same name, and nothing else in it is touched.</param>
    /// <param name="write">Writes the files into the folder it is given. Where it throws, the destination is unchanged and the exception is passed on.</param>
    /// <exception cref="IOException">The parent folder is missing or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The parent folder cannot be written.</exception>
    public static void Write(string path, Action<string> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(target) ?? throw new IOException($"{path}: a root folder cannot be written as a whole; give a folder inside it.");
        Directory.CreateDirectory(parent);
        // On the same disk, so that putting it in place is a rename.
        var staging = Path.Combine(parent, $".{Path.GetRandomFileName()}.tmp");
        Directory.CreateDirectory(staging);
        try
        {
            write(staging);
            Publish(staging, target);
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    static void Publish(string staging, string target)
    {
        if (File.Exists(target)) throw new IOException($"{target}: expected a folder or nothing, found a file.");
        if (!Directory.Exists(target))
        {
            Directory.Move(staging, target);
            return;
        }
        // What describes other files comes after them.
        var files = new DirectoryInfo(staging).GetFiles("*", SearchOption.AllDirectories)
            .OrderBy(file => file.Extension == ".json").ThenBy(file => file.LastWriteTimeUtc).ThenBy(file => file.FullName, StringComparer.Ordinal);
        foreach (var file in files.ToArray())
        {
            var place = Path.Combine(target, Path.GetRelativePath(staging, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            file.MoveTo(place, overwrite: true);
        }
    }
}
