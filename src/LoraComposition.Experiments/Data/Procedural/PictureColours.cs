using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The colours of one instance, as red, green and blue from 0 to 255: a background that runs from the top to the bottom, a foreground, and the strength of the noise.</summary>
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
