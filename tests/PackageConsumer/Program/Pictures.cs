using SkiaSharp;

namespace PackageConsumer;

/// <summary>A folder of pictures of three colours, each a little different.</summary>
static class Pictures
{
    public static void Write(string folder)
    {
        (string Name, SKColor Colour)[] classes = [("red", new(220, 30, 30)), ("green", new(30, 200, 30)), ("blue", new(30, 30, 220))];
        var random = new Random(0);
        foreach (var (name, colour) in classes)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            for (int i = 0; i < 12; i++)
            {
                using var bitmap = new SKBitmap(20, 18);
                for (int x = 0; x < bitmap.Width; x++)
                    for (int y = 0; y < bitmap.Height; y++)
                        bitmap.SetPixel(x, y, new SKColor(Near(colour.Red), Near(colour.Green), Near(colour.Blue)));
                using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                using var file = File.Create(Path.Combine(folder, name, $"{i}.png"));
                data.SaveTo(file);
            }
        }

        byte Near(byte value) => (byte)Math.Clamp(value + random.Next(-25, 26), 0, 255);
    }
}
