using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// The colours of one instance, as red, green and blue from 0 to 255: a background that runs from the top to the bottom, a foreground, and the strength of the
/// noise.
/// </summary>
internal sealed record PictureColours(Colour Top, Colour Bottom, Colour Foreground, float Noise)
{
    const float DarkestForeground = 140;
    const float LargestGradient = 30;
    const float LargestNoise = 14;

    /// <summary>The same colours as a photographic negative: a bright background and a dark foreground.</summary>
    public PictureColours Negative => this with { Top = Top.Negative, Bottom = Bottom.Negative, Foreground = Foreground.Negative };

    /// <summary>A dark background and a bright foreground.</summary>
    public static PictureColours Draw(SeededRandom random)
    {
        var top = Colour.Draw(random, 0, DarkestForeground / 2);
        var gradient = Colour.Draw(random, -LargestGradient, LargestGradient);
        return new(top, (top + gradient).Clamp(), Colour.Draw(random, DarkestForeground, 255), random.NextSingle(2, LargestNoise));
    }

    /// <summary>The background's colour in a row.</summary>
    public Colour Background(int row, int size) => Top + (float)row / size * (Bottom - Top);

    /// <summary>Paints <c>[size, size]</c> values from 0 (background) to 1 (foreground) and adds noise, the same for all channels of a pixel.</summary>
    public RgbImage Paint(ReadOnlySpan<float> coverage, int size, SeededRandom random)
    {
        byte[] pixels = new byte[3 * size * size];
        for (int i = 0; i < coverage.Length; i++)
        {
            var background = Background(i / size, size);
            float grain = random.NextSingle(-Noise, Noise);
            (background + coverage[i] * (Foreground - background) + new Colour(grain, grain, grain)).Write(pixels.AsSpan(3 * i, 3));
        }
        return new RgbImage(size, size, pixels);
    }
}

/// <summary>Red, green and blue, from 0 to 255 where it is a colour and not the difference of two.</summary>
internal readonly record struct Colour(float Red, float Green, float Blue)
{
    /// <summary>What is missing to white.</summary>
    public Colour Negative => new(255 - Red, 255 - Green, 255 - Blue);

    public static Colour Draw(SeededRandom random, float low, float high) =>
        new(random.NextSingle(low, high), random.NextSingle(low, high), random.NextSingle(low, high));

    public static Colour operator +(Colour a, Colour b) => new(a.Red + b.Red, a.Green + b.Green, a.Blue + b.Blue);

    public static Colour operator -(Colour a, Colour b) => new(a.Red - b.Red, a.Green - b.Green, a.Blue - b.Blue);

    public static Colour operator *(float factor, Colour a) => new(factor * a.Red, factor * a.Green, factor * a.Blue);

    public Colour Clamp() => new(Math.Clamp(Red, 0, 255), Math.Clamp(Green, 0, 255), Math.Clamp(Blue, 0, 255));

    /// <summary>Writes the three bytes of a pixel.</summary>
    public void Write(Span<byte> pixel) => (pixel[0], pixel[1], pixel[2]) = (Byte(Red), Byte(Green), Byte(Blue));

    static byte Byte(float value) => (byte)(Math.Clamp(value, 0, 255) + 0.5f);
}
