using LoraComposition.FewShot.Data.Sampling;

namespace LoraComposition.FewShot.Data.Procedural;

/// <summary>The colours of one instance: a dark background that runs from one colour to another, and a bright foreground.</summary>
internal sealed class FractalColours
{
    private const float DarkestForeground = 140;
    private const float LargestGradient = 30;
    private const float LargestNoise = 14;

    private readonly float[] top, bottom, foreground;
    private readonly float noise;

    private FractalColours(float[] top, float[] bottom, float[] foreground, float noise) => (this.top, this.bottom, this.foreground, this.noise) = (top, bottom, foreground, noise);

    public static FractalColours Draw(SeededRandom random)
    {
        float[] top = Colour(random, 0, DarkestForeground / 2), bottom = [.. top.Select(c => Math.Clamp(c + random.NextSingle(-LargestGradient, LargestGradient), 0, 255))];
        return new(top, bottom, Colour(random, DarkestForeground, 255), random.NextSingle(2, LargestNoise));
    }

    /// <summary>Paints <c>[size, size]</c> values from 0 (background) to 1 (foreground) and adds noise, the same for all channels of a pixel.</summary>
    public RgbImage Paint(ReadOnlySpan<float> coverage, int size, SeededRandom random)
    {
        byte[] pixels = new byte[3 * size * size];
        for (int i = 0; i < coverage.Length; i++)
        {
            float down = (float)(i / size) / size, grain = random.NextSingle(-noise, noise);
            for (int channel = 0; channel < 3; channel++)
            {
                float background = top[channel] + down * (bottom[channel] - top[channel]);
                float value = background + coverage[i] * (foreground[channel] - background) + grain;
                pixels[3 * i + channel] = (byte)(Math.Clamp(value, 0, 255) + 0.5f);
            }
        }
        return new RgbImage(size, size, pixels);
    }

    private static float[] Colour(SeededRandom random, float low, float high) => [random.NextSingle(low, high), random.NextSingle(low, high), random.NextSingle(low, high)];
}
