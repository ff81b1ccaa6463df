using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Data.Folders;

/// <summary>Small picture files.</summary>
internal static class Pictures
{
    public static byte[] Encode(SKEncodedImageFormat format, int width, int height, Func<int, int, SKColor> colour, SKColorType type = SKColorType.Rgba8888)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) bitmap.SetPixel(x, y, colour(x, y));
        }
        using var data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    public static string AddPng(this TemporaryFolder folder, params string[] parts) => folder.Add(SKEncodedImageFormat.Png, parts);

    public static string AddJpeg(this TemporaryFolder folder, params string[] parts) => folder.Add(SKEncodedImageFormat.Jpeg, parts);

    static string Add(this TemporaryFolder folder, SKEncodedImageFormat format, string[] parts)
    {
        string path = folder.At(parts);
        File.WriteAllBytes(path, Encode(format, 3, 2, (_, _) => new SKColor(200, 100, 50)));
        return path;
    }
}
