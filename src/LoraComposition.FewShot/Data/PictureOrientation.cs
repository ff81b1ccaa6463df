namespace LoraComposition.FewShot;

/// <summary>The eight ways in which a camera can be held, as EXIF numbers them, and what turns a picture upright.</summary>
internal static class PictureOrientation
{
    /// <summary>The orientation that turns nothing.</summary>
    public const int Upright = 1;

    /// <summary>The last of the numbers.</summary>
    public const int Last = 8;

    /// <summary>The orientation that undoes another: a quarter turn the other way, all else is its own.</summary>
    public static int Inverse(int orientation) => orientation switch { 6 => 8, 8 => 6, _ => orientation };

    /// <summary>The size and the pixels of a picture that is turned.</summary>
    /// <param name="image">The picture as it is.</param>
    /// <param name="orientation">From 2 to 8.</param>
    public static (int Width, int Height, byte[] Pixels) Turn(RgbImage image, int orientation)
    {
        int right = image.Width - 1, bottom = image.Height - 1;
        bool lies = orientation >= 5;
        var (width, height) = lies ? (image.Height, image.Width) : (image.Width, image.Height);
        byte[] turned = new byte[3L * width * height];
        var pixels = image.Pixels;
        for (int y = 0, to = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, to += 3)
            {
                var (column, row) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                pixels.Slice(3 * (row * image.Width + column), 3).CopyTo(turned.AsSpan(to));
            }
        }
        return (width, height, turned);
    }
}
