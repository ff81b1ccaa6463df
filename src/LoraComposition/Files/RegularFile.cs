using Microsoft.Win32.SafeHandles;

namespace LoraComposition.Files;

/// <summary>Opens files that come from outside, and only regular ones: opening a pipe would wait for its writer.</summary>
public static class RegularFile
{
    /// <summary>Opens a file for reading, after making sure that it is one and holds at least one byte.</summary>
    /// <param name="path">The file. Links are followed.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <returns>A handle the caller owns, and the file that the path stands for when all links are followed.</returns>
    /// <exception cref="ModelFileException">It is missing, empty, no regular file or cannot be opened.</exception>
    public static (SafeFileHandle Handle, string Target) Open(string path, Func<string, Exception?, ModelFileException> refusal)
    {
        try
        {
            // The length of a link is that of its text, so the file behind it is asked.
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
            if (Directory.Exists(target)) throw refusal("expected a regular file, found a directory; give the file inside it.", null);
            var file = new FileInfo(target);
            if (!file.Exists) throw refusal("the file does not exist.", null);
            // Pipes, sockets and devices report no length either, and are told apart from an empty file by nothing that .NET shows.
            if (file.Length == 0) throw refusal("the file is empty, or is not a regular file (a pipe or a device).", null);
            return (File.OpenHandle(target, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw refusal(File.Exists(path) || Directory.Exists(path) ? $"the file cannot be opened: {e.Message}" : "the file does not exist.", e);
        }
    }

    /// <summary>Fills the whole buffer from one place of the file.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="buffer">What to fill.</param>
    /// <param name="offset">The first byte to read.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <exception cref="ModelFileException">The file ends before, or cannot be read.</exception>
    public static void ReadExactly(SafeFileHandle handle, Span<byte> buffer, long offset, Func<string, Exception?, ModelFileException> refusal)
    {
        while (buffer.Length > 0)
        {
            int read;
            try
            {
                read = RandomAccess.Read(handle, buffer, offset);
            }
            catch (IOException e)
            {
                throw refusal($"reading at byte {offset} failed: {e.Message}", e);
            }
            if (read == 0) throw refusal($"the file ended at byte {offset} while it was read; it was cut short by another program.", null);
            buffer = buffer[read..];
            offset += read;
        }
    }
}
