using LoraComposition.Files;
using SkiaSharp;

namespace LoraComposition.FewShot;

/// <summary>
/// Decodes a picture file, JPEG, PNG, WebP, BMP, ICO or the first picture of a GIF, whatever its name, as Pillow's <c>convert('RGB')</c> does: alpha is dropped,
/// grey is spread over three channels, colour profiles are not applied. The picture is turned upright as its orientation tag (EXIF) asks and viewers do it;
/// <see cref="RgbImage.AsStored"/> undoes that.
/// </summary>
public static class ImageFileDecoder
{
    /// <summary>A small file can unpack to gigabytes: larger pictures than this are refused before they are decoded.</summary>
    public const long MaxPixels = 64L * 1024 * 1024;

    /// <summary>The most pixels of a side.</summary>
    public const int MaxSide = 65535;

    const int LongestLink = 260;

    /// <summary>Decodes a file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The picture in its own size, upright.</returns>
    /// <exception cref="DataException">It cannot be read, is damaged or too large.</exception>
    public static RgbImage Decode(string file)
    {
        byte[] bytes;
        try
        {
            // Opening a pipe would wait for its writer; like an empty file it has no length. That of a link is of its text.
            var target = new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
            if (target is { Exists: true, Length: 0 }) throw new DataException(file, "the file is empty, or is not a regular file; replace or remove it.");
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
    /// <returns>The picture in its own size, upright.</returns>
    /// <exception cref="DataException">It is damaged or too large.</exception>
    public static RgbImage Decode(byte[] bytes, Func<string, DataException> refusal)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(refusal);
        using var codec = SKCodec.Create(new SKMemoryStream(bytes), out var opened) ?? throw Damaged(bytes, opened, refusal);
        int width = codec.Info.Width, height = codec.Info.Height;
        if ((long)width * height > MaxPixels || Math.Max(width, height) > MaxSide)
            throw refusal($"expected at most {MaxPixels} pixels and {MaxSide} a side, found {width} x {height}; make the picture smaller or remove it.");

        // Not premultiplied, so that the colours under transparent pixels stay what they are; without a colour space nothing is converted.
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul)))
            throw refusal($"there is no memory for {width} x {height} pixels.");
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw Damaged(bytes, result, refusal);
        // The numbers are EXIF's.
        int orientation = codec.EncodedFormat == SKEncodedImageFormat.Png ? PngOrientation.Of(bytes) : (int)codec.EncodedOrigin;
        return new RgbImage(width, height, DropAlpha(bitmap)).Turned(orientation);
    }

    static DataException Damaged(byte[] bytes, SKCodecResult result, Func<string, DataException> refusal)
    {
        if (PictureFormats.Other(bytes) is not { } kind)
            return refusal($"expected a whole {PictureFormats.Names} picture, found a damaged one ({result}); replace or remove it.");
        // Git without links and some copies write the target of a link as a text.
        string text = kind == "a text" && bytes.Length <= LongestLink ? $" ('{Excerpt.Of(System.Text.Encoding.ASCII.GetString(bytes))}'; where this is a link that was copied as a text, copy what it names)" : "";
        return refusal($"expected a {PictureFormats.Names} picture, found {kind}{text}, so it is damaged; replace or remove it.");
    }

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
