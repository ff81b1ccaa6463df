namespace LoraComposition.Files;

/// <summary>Writes files whole or not at all: a reader, or a run after a crash, sees the old file or the new one.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its destination, flushes it to the disk and renames it over the destination.</summary>
    /// <param name="path">The file. Its folder must exist. A link is replaced by the file, not followed.</param>
    /// <param name="write">Writes the content; it must leave the stream open. Where it throws, nothing changes and the exception is passed on.</param>
    /// <remarks>On Unix a replaced file's permissions are kept. Calls for one path from several threads are safe; the last one wins.</remarks>
    /// <exception cref="IOException">The folder is missing or cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written, or the path is a folder.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var target = Path.GetFullPath(path);
        // In the same folder, because a rename across disks is a copy. The random name keeps two writers apart.
        var temporary = Path.Combine(Path.GetDirectoryName(target) ?? target, $".{Path.GetRandomFileName()}.tmp");
        var created = false;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                created = true;
                write(stream);
                if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            if (created) File.Delete(temporary);
            throw;
        }
    }
}
