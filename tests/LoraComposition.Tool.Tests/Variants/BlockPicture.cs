using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace LoraComposition.Tool.Tests.Variants;

/// <summary>
/// One picture of 4 x 4 squares, each of one colour and 8 pixels wide, as file of any kind. A JPEG of such squares loses nothing, so that all kinds must give the
/// same numbers.
/// </summary>
internal static class BlockPicture
{
    const int Blocks = 4, Side = 8, Size = Blocks * Side;

    /// <summary>The colour of a square.</summary>
    public static byte[] Colour(int x, int y) => [(byte)(60 * x + 10), (byte)(50 * y + 40), (byte)(16 * ((x + (2 * y)) % 7) + 100)];

    public static byte[] Grey(int x, int y) => [(byte)(15 * ((4 * y) + x) + 9)];

    static byte[] At(Func<int, int, byte[]> square, int x, int y) => square(x / Side, y / Side);

    /// <summary>A PNG.</summary>
    /// <param name="square">The samples of a square.</param>
    /// <param name="colourType">0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha.</param>
    /// <param name="depth">Bits of a sample: 8 or 16.</param>
    /// <param name="alpha">What is added to each pixel with alpha.</param>
    /// <param name="chunks">Chunks before the pixels.</param>
    public static byte[] Png(Func<int, int, byte[]> square, int colourType = 2, int depth = 8, byte alpha = 255, params (string Name, byte[] Bytes)[] chunks)
    {
        using var pixels = new MemoryStream();
        using (var packed = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < Size; y++)
            {
                packed.WriteByte(0);
                for (int x = 0; x < Size; x++)
                {
                    byte[] samples = colourType == 3 ? [(byte)((Blocks * (y / Side)) + (x / Side))] : At(square, x, y);
                    if (colourType is 4 or 6) samples = [.. samples, alpha];
                    foreach (byte sample in samples)
                    {
                        packed.WriteByte(sample);
                        if (depth == 16) packed.WriteByte(sample);
                    }
                }
            }
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Size);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Size);
        (header[8], header[9]) = ((byte)depth, (byte)colourType);
        if (colourType == 3) chunks = [("PLTE", Squares(square)), .. chunks];
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n']);
        foreach (var (name, bytes) in ((string, byte[])[])[("IHDR", header), .. chunks, ("IDAT", pixels.ToArray()), ("IEND", [])]) Chunk(file, name, bytes);
        return file.ToArray();
    }

    /// <summary>A JPEG whose squares are stored as they are: one sample grey, three red, green and blue, four cyan, magenta, yellow and black as Adobe inverts them.</summary>
    public static byte[] Jpeg(Func<int, int, byte[]> square, int orientation = 0)
    {
        int components = square(0, 0).Length;
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8]);
        if (orientation > 0) Segment(file, 0xE1, [.. "Exif\0\0"u8, .. Exif(orientation)]);
        if (components > 1) Segment(file, 0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        Segment(file, 0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]);
        Segment(file, 0xC0, [8, 0, Size, 0, Size, (byte)components, .. Enumerable.Range(1, components).SelectMany(id => (byte[])[(byte)id, 0x11, 0])]);
        // Twelve sizes of a difference, four bits each; then the end of a block, one bit.
        Segment(file, 0xC4, [0x00, 0, 0, 0, 12, .. new byte[12], .. Enumerable.Range(0, 12).Select(size => (byte)size)]);
        Segment(file, 0xC4, [0x10, 1, .. new byte[15], 0]);
        Segment(file, 0xDA, [(byte)components, .. Enumerable.Range(1, components).SelectMany(id => (byte[])[(byte)id, 0]), 0, 63, 0]);
        var bits = new List<bool>();
        int[] last = new int[components];
        for (int y = 0; y < Blocks; y++)
        {
            for (int x = 0; x < Blocks; x++)
            {
                byte[] samples = square(x, y);
                for (int component = 0; component < components; component++)
                {
                    int value = 8 * (samples[component] - 128), difference = value - last[component], size = 0;
                    last[component] = value;
                    while (Math.Abs(difference) >> size > 0) size++;
                    Bits(bits, size, 4);
                    Bits(bits, difference < 0 ? difference + (1 << size) - 1 : difference, size);
                    bits.Add(false);
                }
            }
        }
        while (bits.Count % 8 != 0) bits.Add(true);
        foreach (bool[] part in bits.Chunk(8))
        {
            byte packed = (byte)part.Aggregate(0, (all, bit) => (2 * all) + (bit ? 1 : 0));
            file.WriteByte(packed);
            if (packed == 0xFF) file.WriteByte(0);
        }
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    /// <summary>The squares as a camera that was held otherwise stores them.</summary>
    public static Func<int, int, byte[]> Turned(Func<int, int, byte[]> upright, int orientation) => (x, y) => orientation switch
    {
        2 => upright(Blocks - 1 - x, y),
        3 => upright(Blocks - 1 - x, Blocks - 1 - y),
        4 => upright(x, Blocks - 1 - y),
        5 => upright(y, x),
        6 => upright(Blocks - 1 - y, x),
        7 => upright(Blocks - 1 - y, Blocks - 1 - x),
        8 => upright(y, Blocks - 1 - x),
        _ => upright(x, y),
    };

    /// <summary>A bitmap of Windows, 24 bits a pixel, its lowest row first or not.</summary>
    public static byte[] Bmp(Func<int, int, byte[]> square, bool fromTop = false)
    {
        byte[] file = new byte[54 + (3 * Size * Size)];
        "BM"u8.CopyTo(file);
        int[] header = [file.Length, 0, 54, 40, Size, fromTop ? -Size : Size, 1 | (24 << 16), 0, 3 * Size * Size, 2835, 2835, 0, 0];
        for (int n = 0; n < header.Length; n++) BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2 + (4 * n)), header[n]);
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                byte[] colour = At(square, x, fromTop ? y : Size - 1 - y);
                (file[54 + (3 * ((y * Size) + x))], file[55 + (3 * ((y * Size) + x))], file[56 + (3 * ((y * Size) + x))]) = (colour[2], colour[1], colour[0]);
            }
        }
        return file;
    }

    /// <summary>A GIF; its codes are a byte each, because the table is forgotten before it needs more.</summary>
    public static byte[] Gif(Func<int, int, byte[]> square)
    {
        var codes = new List<byte>();
        for (int n = 0; n < Size * Size; n++)
        {
            if (n % 100 == 0) codes.Add(128);
            codes.Add((byte)((Blocks * (n / Size / Side)) + (n % Size / Side)));
        }
        codes.Add(129);
        return
        [
            .. "GIF89a"u8, Size, 0, Size, 0, 0xF6, 0, 0, .. Squares(square), .. new byte[3 * (128 - (Blocks * Blocks))], 0x2C, 0, 0, 0, 0, Size, 0, Size, 0, 0, 7,
            .. codes.Chunk(255).SelectMany(part => (byte[])[(byte)part.Length, .. part]), 0, 0x3B,
        ];
    }

    public static byte[] WebP(Func<int, int, byte[]> square)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Size, Size, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                byte[] colour = At(square, x, y);
                bitmap.SetPixel(x, y, new SKColor(colour[0], colour[1], colour[2]));
            }
        }
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))!;
        return data.ToArray();
    }

    /// <summary>The smallest block of EXIF: how the camera was held.</summary>
    public static byte[] Exif(int orientation) => [.. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    static byte[] Squares(Func<int, int, byte[]> square) => [.. Enumerable.Range(0, Blocks * Blocks).SelectMany(n => square(n % Blocks, n / Blocks))];

    static void Segment(MemoryStream file, byte marker, byte[] content) => file.Write([0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content]);

    static void Bits(List<bool> bits, int value, int count)
    {
        for (int n = count - 1; n >= 0; n--) bits.Add(((value >> n) & 1) == 1);
    }

    static void Chunk(MemoryStream file, string name, byte[] bytes)
    {
        byte[] content = [.. System.Text.Encoding.ASCII.GetBytes(name), .. bytes];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
        file.Write(number);
        file.Write(content);
        uint sum = uint.MaxValue;
        foreach (byte part in content)
        {
            sum ^= part;
            for (int n = 0; n < 8; n++) sum = (sum >> 1) ^ ((sum & 1) == 1 ? 0xEDB88320 : 0);
        }
        BinaryPrimitives.WriteUInt32BigEndian(number, ~sum);
        file.Write(number);
    }
}
