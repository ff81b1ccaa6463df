using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Files;

/// <summary>Writes a folder of several files that belong together: it appears when all of them are there and checked, never before.</summary>
public static partial class StagedFolder
{
    const string Unfinished = ".tmp", LockEnd = ".lock";

    // Where no lock tells whether the process is gone: nothing is written for so long only where it is.
    static readonly TimeSpan leftoverAge = TimeSpan.FromHours(1);

    /// <summary>
    /// Fills a folder beside the destination and, when that has succeeded, puts it in place. What killed runs left beside the destination is removed first.
    /// </summary>
    /// <param name="path">The destination. A missing one appears in one step; into an existing one the files are moved in the order they were written, JSON
    /// files last, and nothing else in it is touched.</param>
    /// <param name="write">Writes the files into the folder it is given. Where it throws, the destination is unchanged and the exception is passed on.</param>
    /// <param name="replace">Whether files of the same name are replaced. Otherwise the destination must be missing or empty, also at the end: of two
    /// processes that write to one place the second is refused. Default true.</param>
    /// <param name="logger">Is told what killed runs left.</param>
    /// <exception cref="IOException">The parent folder is missing or cannot be written, or the destination holds something and is not to be replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">The parent folder cannot be written.</exception>
    public static void Write(string path, Action<string> write, bool replace = true, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(target) ?? throw new IOException($"{path}: a root folder cannot be written as a whole; give a folder inside it.");
        Directory.CreateDirectory(parent);
        foreach (string leftover in RemoveLeftovers(parent))
            if (logger is not null) LeftoverRemoved(logger, leftover);
        // On the same disk, so that putting it in place is a rename.
        using var held = Hold(parent, out var staging);
        Directory.CreateDirectory(staging);
        try
        {
            write(staging);
            if (replace) Replace(staging, target);
            else PutInPlace(staging, target);
        }
        catch (Exception e) when (WriteFailure.Of(e, staging, target) is { } named)
        {
            throw named;
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>
    /// Removes what runs left in a folder when they were killed: folders and files with the names that <see cref="Write"/> and <see cref="AtomicFile"/>
    /// give to what is not finished, whose process is gone: by the lock that <see cref="Write"/> holds, or, where there is none, by nothing having been written
    /// for an hour and nobody holding the file. <see cref="Write"/> does this itself; call it before to name them to a user.
    /// </summary>
    /// <param name="folder">The folder that holds them; it may be missing. Nothing further down is looked at.</param>
    /// <returns>The paths of what was removed. What cannot be removed stays and is not among them.</returns>
    public static IReadOnlyList<string> RemoveLeftovers(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var removed = new List<string>();
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => IsUnfinished(entry.Name)).ToArray())
            {
                if (entry.Name.EndsWith(LockEnd, StringComparison.Ordinal)) continue;
                string lockPath = LockOf(entry.FullName);
                if (!File.Exists(lockPath))
                {
                    if (IsOld(entry) && !IsHeld(entry) && TryRemove(entry)) removed.Add(entry.FullName);
                    continue;
                }
                using var taken = TryTake(lockPath);
                if (taken is not null && TryRemove(entry)) removed.Add(entry.FullName);
            }
            // Where the process ended before it made the folder, or between removing it and the lock.
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => IsUnfinished(entry.Name) && entry.Name.EndsWith(LockEnd, StringComparison.Ordinal)).ToArray())
            {
                if (!Path.Exists(entry.FullName[..^LockEnd.Length] + Unfinished)) TryTake(entry.FullName)?.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be read is not the place to clean up.
        }
        return removed;
    }

    /// <summary>Whether a name is one that these libraries give to a file or folder that is not finished.</summary>
    internal static bool IsUnfinished(string name) => UnfinishedName().IsMatch(name);

    /// <summary>Names a folder to fill and holds its lock, which the system lets go when the process ends, however it does.</summary>
    /// <returns>The lock; null on a disk that knows no locks, where only time can tell.</returns>
    static FileStream? Hold(string parent, out string staging)
    {
        for (int attempt = 0; ; attempt++)
        {
            staging = Path.Combine(parent, $".{Path.GetRandomFileName()}{Unfinished}");
            try
            {
                var held = new FileStream(LockOf(staging), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
                using var second = TryTake(LockOf(staging));
                if (second is null) return held;
                held.Dispose();
                return null;
            }
            catch (IOException) when (attempt < 3 && File.Exists(LockOf(staging)))
            {
                // Another process looked at it in the moment between making and locking.
            }
        }
    }

    static string LockOf(string staging) => staging.EndsWith(Unfinished, StringComparison.Ordinal) ? staging[..^Unfinished.Length] + LockEnd : staging + LockEnd;

    /// <summary>Takes the lock of a process that is gone, to remove what it left; null where it is held, or cannot be taken.</summary>
    static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether a process writes a single file; it holds the file itself. Clocks jump, and a disk's may be another than this machine's.</summary>
    static bool IsHeld(FileSystemInfo entry)
    {
        if (entry is not FileInfo) return false;
        try
        {
            using var free = new FileStream(entry.FullName, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 1);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    static bool IsOld(FileSystemInfo entry)
    {
        if (entry.LinkTarget is not null) return false;
        var newest = entry is DirectoryInfo inner ? inner.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(file => file.LastWriteTimeUtc)
            .Append(inner.LastWriteTimeUtc).Max() : entry.LastWriteTimeUtc;
        return DateTime.UtcNow - newest > leftoverAge;
    }

    static bool TryRemove(FileSystemInfo entry)
    {
        try
        {
            if (entry is DirectoryInfo folder) folder.Delete(recursive: true);
            else entry.Delete();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static void Replace(string staging, string target)
    {
        if (File.Exists(target)) throw new IOException($"{target}: expected a folder or nothing, found a file.");
        if (Directory.Exists(target)) MoveFiles(staging, target);
        else Directory.Move(staging, target);
    }

    /// <summary>
    /// Puts the folder where nothing is. A rename refuses a place that is taken meanwhile; an empty folder, which may be a mounted disk, is claimed by a file
    /// that only one can create.
    /// </summary>
    static void PutInPlace(string staging, string target)
    {
        if (!Path.Exists(target))
        {
            try
            {
                Directory.Move(staging, target);
                return;
            }
            catch (IOException) when (Path.Exists(target))
            {
                throw Taken(target);
            }
        }
        if (!Directory.Exists(target)) throw Taken(target);
        string claim = Path.Combine(target, ".publishing.tmp");
        FileStream claimed;
        try
        {
            claimed = new FileStream(claim, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(claim))
        {
            throw Taken(target);
        }
        using (claimed)
        {
            if (Directory.EnumerateFileSystemEntries(target).Any(entry => Path.GetFileName(entry) != Path.GetFileName(claim))) throw Taken(target);
            MoveFiles(staging, target);
        }
    }

    static IOException Taken(string target) =>
        new($"{target}: something else was written there meanwhile, by another run perhaps; nothing was replaced. Give another folder, or replace what is there.");

    static void MoveFiles(string staging, string target)
    {
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

    // The second was the name of an upstream module that is not finished.
    [GeneratedRegex(@"^(\.[a-z0-9]{8}\.[a-z0-9]{3}\.(tmp|lock)|\.publishing\.tmp|.+\.[0-9a-f]{32}\.partial)$", RegexOptions.CultureInvariant)]
    private static partial Regex UnfinishedName();

    [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "Removed {Path}, which a run left that was killed")]
    private static partial void LeftoverRemoved(ILogger logger, string path);
}
