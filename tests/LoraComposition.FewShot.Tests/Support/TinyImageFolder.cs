using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Data.Folders;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Folders of small PNG pictures, a fractal shape for each class.</summary>
internal static class TinyImageFolder
{
    /// <summary>Writes <c>class/00.png</c> … for each class with its number of pictures.</summary>
    /// <returns>The folder.</returns>
    public static string Write(string folder, IReadOnlyList<(string Class, int Count)> classes, int firstInstance = 0)
    {
        for (int id = 0; id < classes.Count; id++)
        {
            var (name, count) = classes[id];
            var fractals = new FractalDataset([id], count, TinyModel.ImageSize, firstInstance: firstInstance);
            string classFolder = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            for (int i = 0; i < count; i++)
            {
                var image = fractals.Decode(i);
                byte[] png = Pictures.Encode(SKEncodedImageFormat.Png, image.Width, image.Height, (x, y) =>
                {
                    var rgb = image.Pixels.Slice(3 * (y * image.Width + x), 3);
                    return new SKColor(rgb[0], rgb[1], rgb[2]);
                });
                File.WriteAllBytes(Path.Combine(classFolder, $"{i:D2}.png"), png);
            }
        }
        return folder;
    }
}
