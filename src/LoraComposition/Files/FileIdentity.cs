using Microsoft.Win32.SafeHandles;

namespace LoraComposition.Files;

/// <summary>A file that was read once and is opened again later: whatever replaced or changed it meanwhile is refused.</summary>
/// <param name="Path">The path by which it was given, for messages.</param>
/// <param name="Target">The file behind all links.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="WrittenUtc">When it was last written.</param>
internal sealed record FileIdentity(string Path, string Target, long Length, DateTime WrittenUtc)
{
    /// <summary>Opens the file again.</summary>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <returns>A handle the caller owns.</returns>
    /// <exception cref="ModelFileException">It is missing or was changed.</exception>
    public SafeFileHandle Open(Func<string, Exception?, ModelFileException> refusal)
    {
        var (handle, _) = RegularFile.Open(Target, refusal);
        if (RandomAccess.GetLength(handle) == Length && File.GetLastWriteTimeUtc(handle) == WrittenUtc) return handle;
        handle.Dispose();
        throw refusal("the file was changed after it was opened; open it again.", null);
    }
}
