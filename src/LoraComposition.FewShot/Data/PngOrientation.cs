using System.Buffers.Binary;

namespace LoraComposition.FewShot;

/// <summary>Reads the orientation of a PNG, which stands in a chunk of its own that the decoder passes over. Anything odd in it means upright.</summary>
internal static class PngOrientation
{
    const int Signature = 8, ChunkFrame = 12, MostEntries = 1000, EntryLength = 12, OrientationTag = 0x112, ShortType = 3;

    /// <summary>The orientation as EXIF numbers it; 1 where the bytes are no PNG or do not say.</summary>
    public static int Of(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47])) return PictureOrientation.Upright;
        for (var rest = file[Math.Min(Signature, file.Length)..]; rest.Length >= ChunkFrame;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkFrame) break;
            if (rest[4..8].SequenceEqual("eXIf"u8)) return OfExif(rest.Slice(8, (int)length));
            rest = rest[(ChunkFrame + (int)length)..];
        }
        return PictureOrientation.Upright;
    }

    // A TIFF: the order of the bytes, the place of the first directory, and in it entries of 12 bytes.
    static int OfExif(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 10 || !(exif.StartsWith("II*\0"u8) || exif.StartsWith("MM\0*"u8))) return PictureOrientation.Upright;
        bool little = exif[0] == (byte)'I';
        uint start = little ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (start > exif.Length - 2) return PictureOrientation.Upright;
        int count = Math.Min((int)Short(exif[(int)start..], little), MostEntries);
        for (var entry = exif[((int)start + 2)..]; count > 0 && entry.Length >= EntryLength; count--, entry = entry[EntryLength..])
            if (Short(entry, little) == OrientationTag && Short(entry[2..], little) == ShortType) return Short(entry[8..], little);
        return PictureOrientation.Upright;
    }

    static ushort Short(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
