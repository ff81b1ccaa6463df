namespace LoraComposition.Files;

/// <summary>Says what a file is by its first bytes, whatever its name.</summary>
public static class FileKind
{
    /// <summary>The number of bytes from the start of a file that are enough to know it.</summary>
    public const int Needed = 16;

    /// <summary>What a file is, in words for a message: "a JPEG picture", "a zip archive".</summary>
    /// <param name="start">The first bytes of the file; of fewer than <see cref="Needed"/> some kinds are told less exactly, or not at all.</param>
    /// <returns>The kind with its article; null where it is not known.</returns>
    public static string? Of(ReadOnlySpan<byte> start) => Picture(start) ?? Archive(start) ?? Text(start);

    static string? Picture(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith(jpeg)) return "a JPEG picture";
        if (start.StartsWith(png)) return "a PNG picture";
        if (start.StartsWith("GIF8"u8)) return "a GIF picture";
        if (start.StartsWith("RIFF"u8)) return At(start, 8, "WEBP"u8) ? "a WebP picture" : "a RIFF file (WebP, WAV or AVI)";
        // Two letters are little, but the four bytes from the seventh on are always zero.
        if (start.StartsWith("BM"u8) && start.Length >= 8 && start[6..Math.Min(10, start.Length)].IndexOfAnyExcept((byte)0) < 0) return "a BMP picture";
        // The number of its pictures is not zero, as it would be in the length of a safetensors header.
        if (start.Length >= 6 && start[0] == 0 && start[1] == 0 && start[2] is 1 or 2 && start[3] == 0 && (start[4] | start[5]) != 0) return "an icon (ICO)";
        if (start.StartsWith("II*\0"u8) || start.StartsWith("MM\0*"u8) || start.StartsWith("II+\0"u8) || start.StartsWith("MM\0+"u8)) return "a TIFF picture";
        if (At(start, 4, "ftyp"u8)) return Media(start);
        if (start.StartsWith(jpegXl) || At(start, 4, "JXL "u8)) return "a JPEG XL picture";
        if (At(start, 4, "jP  "u8)) return "a JPEG 2000 picture";
        return start.StartsWith("8BPS"u8) ? "a Photoshop picture" : null;
    }

    static string Media(ReadOnlySpan<byte> start) =>
        At(start, 8, "avif"u8) || At(start, 8, "avis"u8) ? "an AVIF picture"
        : At(start, 8, "hei"u8) || At(start, 8, "hev"u8) || At(start, 8, "mif1"u8) || At(start, 8, "msf1"u8) ? "a HEIF picture (HEIC)"
        : start.Length < 12 ? "a media file (HEIC, AVIF or MP4)" : "a video (MP4 or MOV)";

    static string? Archive(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("PK\x03\x04"u8)) return "a zip archive (torch.save writes such files)";
        if (start.Length >= 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5) return "a Python pickle";
        if (start.StartsWith("GGUF"u8)) return "a GGUF file";
        if (start.StartsWith("%PDF"u8)) return "a PDF document";
        if (start.StartsWith(hdf)) return "an HDF5 file (Keras writes such files)";
        if (start.StartsWith(gzip)) return "a gzip archive";
        return start.StartsWith("Rar!"u8) || start.StartsWith("7z"u8) ? "an archive" : null;
    }

    static string? Text(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version "u8)) return "a Git LFS pointer";
        if (start.Length < 4) return null;
        if (start[0] == (byte)'<') return "a web page or XML";
        foreach (byte b in start)
            if (b is not (>= 0x20 and < 0x7F or (byte)'\t' or (byte)'\n' or (byte)'\r')) return null;
        return "a text";
    }

    static bool At(ReadOnlySpan<byte> start, int position, ReadOnlySpan<byte> expected) =>
        start.Length >= position + expected.Length && start[position..].StartsWith(expected);

    static readonly byte[] jpeg = [0xFF, 0xD8, 0xFF], png = [0x89, 0x50, 0x4E, 0x47], jpegXl = [0xFF, 0x0A], hdf = [0x89, 0x48, 0x44, 0x46], gzip = [0x1F, 0x8B];
}
