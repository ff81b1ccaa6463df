using SkiaSharp;

namespace LoraComposition.FewShot;

/// <summary>
/// Decodes a JPEG or PNG file as Pillow's <c>convert('RGB')</c> does: alpha is dropped, grey is spread over three channels, colour profiles and orientation
/// tags are not applied.
/// </summary>
public static class ImageFileDecoder
{
    /// <summary>A small file can unpack to gigabytes: larger pictures than this are refused before they are decoded.</summary>
    public const long MaxPixels = 64L * 1024 * 1024;

    /// <summary>The most pixels of a side.</summary>
    public const int MaxSide = 65535;

    /// <summary>Decodes a file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The picture in its own size.</returns>
    /// <exception cref="DataException">It cannot be read, is damaged or too large.</exception>
    public static RgbImage Decode(string file)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the picture cannot be read: {e.Message}", e);
        }
        return Decode(bytes, message => new DataException(file, message));
    }

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="refusal">Makes the exception from a message; it names where the bytes come from.</param>
    /// <returns>The picture in its own size.</returns>
    /// <exception cref="DataException">It is damaged or too large.</exception>
    public static RgbImage Decode(byte[] bytes, Func<string, DataException> refusal)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(refusal);
        using var codec = SKCodec.Create(new SKMemoryStream(bytes), out var opened) ?? throw Damaged(opened, refusal);
        int width = codec.Info.Width, height = codec.Info.Height;
        if ((long)width * height > MaxPixels || Math.Max(width, height) > MaxSide)
            throw refusal($"expected at most {MaxPixels} pixels and {MaxSide} a side, found {width} x {height}; make the picture smaller or remove it.");

        // Not premultiplied, so that the colours under transparent pixels stay what they are; without a colour space nothing is converted.
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul)))
            throw refusal($"there is no memory for {width} x {height} pixels.");
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw Damaged(result, refusal);
        return new RgbImage(width, height, DropAlpha(bitmap));
    }

    static DataException Damaged(SKCodecResult result, Func<string, DataException> refusal) =>
        refusal($"expected a whole JPEG or PNG picture, found a damaged one ({result}); replace or remove it.");

    static byte[] DropAlpha(SKBitmap bitmap)
    {
        var rgba = bitmap.GetPixelSpan();
        byte[] rgb = new byte[3 * bitmap.Width * bitmap.Height];
        for (int row = 0, to = 0; row < bitmap.Height; row++)
        {
            var line = rgba.Slice(row * bitmap.RowBytes, 4 * bitmap.Width);
            for (int from = 0; from < line.Length; from += 4, to += 3)
            {
                rgb[to] = line[from];
                rgb[to + 1] = line[from + 1];
                rgb[to + 2] = line[from + 2];
            }
        }
        return rgb;
    }
}
