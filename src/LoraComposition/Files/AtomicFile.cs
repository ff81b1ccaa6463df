using System.Text;

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
        WriteAll([(path, write)]);
    }

    /// <summary>Writes bytes, as <see cref="Write(string, Action{Stream})"/> does.</summary>
    /// <param name="path">The file. Its folder must exist. A link is replaced by the file, not followed.</param>
    /// <param name="content">All that the file holds.</param>
    /// <exception cref="IOException">The folder is missing or cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written, or the path is a folder.</exception>
    public static void Write(string path, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        Write(path, stream => stream.Write(content));
    }

    /// <summary>Writes a text in UTF-8 without a mark in front, as <see cref="Write(string, Action{Stream})"/> does.</summary>
    /// <param name="path">The file. Its folder must exist. A link is replaced by the file, not followed.</param>
    /// <param name="text">All that the file holds.</param>
    /// <exception cref="IOException">The folder is missing or cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written, or the path is a folder.</exception>
    public static void Write(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Write(path, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>
    /// Writes files that belong together: all of them are on the disk before the first takes its place, and they take their places in this order. A disk that
    /// fills up leaves all as they were.
    /// </summary>
    /// <param name="files">The files, each as in <see cref="Write(string, Action{Stream})"/>; they are written one after the other.</param>
    internal static void WriteAll(IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        var written = new List<UnfinishedFile>(files.Count);
        try
        {
            foreach (var (path, write) in files)
            {
                var file = new UnfinishedFile(path);
                written.Add(file);
                file.Fill(write);
            }
            foreach (var file in written) file.Publish();
        }
        finally
        {
            foreach (var file in written) file.Dispose();
        }
    }

    /// <summary>Writes such files into their folder, which is created where it is missing, and is gone again where that fails.</summary>
    internal static void WriteInto(string folder, IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        bool isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        try
        {
            WriteAll(files);
        }
        catch
        {
            if (isNew && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
            throw;
        }
    }

    /// <summary>A file under a name of its own beside its destination. It stays open, and with that locked, so that no other process takes it for a leftover.</summary>
    sealed class UnfinishedFile : IDisposable
    {
        readonly string target, temporary;
        FileStream? stream;

        public UnfinishedFile(string path)
        {
            target = Path.GetFullPath(path);
            // In the same folder, because a rename across disks is a copy. The random name keeps two writers apart.
            temporary = Path.Combine(Path.GetDirectoryName(target) ?? target, $".{Path.GetRandomFileName()}.tmp");
        }

        public void Fill(Action<Stream> write) => Named(() =>
        {
            stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            write(stream);
            if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
            stream.Flush(flushToDisk: true);
        });

        public void Publish() => Named(() =>
        {
            stream!.Dispose();
            File.Move(temporary, target, overwrite: true);
            stream = null;
        });

        public void Dispose()
        {
            if (stream is null) return;
            try
            {
                stream.Dispose();
            }
            catch (IOException)
            {
                // What is in its buffer has no room either, which was said.
            }
            File.Delete(temporary);
        }

        void Named(Action work)
        {
            try
            {
                work();
            }
            catch (Exception e) when (WriteFailure.Of(e, temporary, target) is { } named)
            {
                throw named;
            }
        }
    }
}
