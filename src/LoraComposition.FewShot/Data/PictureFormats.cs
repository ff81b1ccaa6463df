using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Which files are pictures that can be decoded: by their names where those say so, else by their first bytes.</summary>
internal static class PictureFormats
{
    /// <summary>What can be decoded, for messages.</summary>
    public const string Names = "JPEG, PNG, WebP, GIF, BMP or ICO";

    // A file of such a name that is something else is a damaged picture, which must be spoken of, and not passed over.
    static readonly HashSet<string> extensions = new([".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".ico"],
        StringComparer.OrdinalIgnoreCase);

    static readonly HashSet<string> kinds = new(["a JPEG picture", "a PNG picture", "a WebP picture", "a GIF picture", "a BMP picture", "an icon (ICO)"],
        StringComparer.Ordinal);

    /// <summary>Whether a file is a picture by its name.</summary>
    public static bool HasExtension(string name) => extensions.Contains(Path.GetExtension(name));

    /// <summary>Whether a file is to be read as a picture, and what it is where it is one of another format.</summary>
    /// <param name="path">The file, links followed.</param>
    /// <param name="name">Its name where it was found.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="kind">The kind of a picture that cannot be decoded, for messages; null where it is none.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static bool IsPicture(string path, string name, long length, out string? kind)
    {
        kind = null;
        if (HasExtension(name)) return true;
        // Pipes and devices have no length, and opening one would wait for its writer.
        if (length == 0) return false;
        Span<byte> start = stackalloc byte[FileKind.Needed];
        using var file = File.OpenHandle(path);
        string? found = FileKind.Of(start[..RandomAccess.Read(file, start, 0)]);
        if (found is not null && kinds.Contains(found)) return true;
        if (found?.Contains(" picture", StringComparison.Ordinal) == true) kind = found;
        return false;
    }

    /// <summary>Says what bytes are that could not be decoded; null where it is not known, or where they are of a format that is read.</summary>
    public static string? Other(ReadOnlySpan<byte> bytes) =>
        FileKind.Of(bytes[..Math.Min(bytes.Length, FileKind.Needed)]) is { } kind && !kinds.Contains(kind) ? kind : null;
}
