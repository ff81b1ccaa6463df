using LoraComposition.FewShot;
using SkiaSharp;

namespace LoraComposition.Experiments;

/// <summary>A small copy of a picture that a page holds itself.</summary>
static class Thumbnail
{
    const int LongestSide = 224, LongestKept = 64, Quality = 82;

    /// <summary>The picture as a data URI: shrunk where it is large, as JPEG; a tiny one stays as it is, as PNG.</summary>
    public static string Of(RgbImage picture)
    {
        using var whole = Bitmap(picture);
        double scale = Math.Min(1, (double)LongestSide / Math.Max(picture.Width, picture.Height));
        var size = new SKImageInfo(Math.Max(1, (int)Math.Round(scale * picture.Width)), Math.Max(1, (int)Math.Round(scale * picture.Height)), SKColorType.Rgba8888, SKAlphaType.Opaque);
        // Mipmaps: every pixel of a large picture counts.
        using var small = whole.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        bool tiny = Math.Max(picture.Width, picture.Height) <= LongestKept;
        using var file = small.Encode(tiny ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, Quality);
        return $"data:image/{(tiny ? "png" : "jpeg")};base64,{Convert.ToBase64String(file.AsSpan())}";
    }

    static SKBitmap Bitmap(RgbImage picture)
    {
        var bitmap = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rows = bitmap.GetPixelSpan();
        for (int row = 0, from = 0; row < picture.Height; row++)
        {
            var line = rows.Slice(row * bitmap.RowBytes, 4 * picture.Width);
            for (int to = 0; to < line.Length; to += 4, from += 3)
            {
                picture.Pixels.Slice(from, 3).CopyTo(line[to..]);
                line[to + 3] = byte.MaxValue;
            }
        }
        return bitmap;
    }
}
