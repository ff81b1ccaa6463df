using LoraComposition.FewShot.Data.Sampling;

namespace LoraComposition.FewShot.Data.Procedural;

/// <summary>The colours of one instance: a background that runs from one colour to another, and a foreground that stands out from both.</summary>
internal sealed class FractalColours
{
    private const float LeastContrast = 200;
    private const float LargestNoise = 14;

    private readonly float[] top, bottom, foreground;
    private readonly float noise;

    private FractalColours(float[] top, float[] bottom, float[] foreground, float noise) => (this.top, this.bottom, this.foreground, this.noise) = (top, bottom, foreground, noise);

    public static FractalColours Draw(SeededRandom random)
    {
        float[] top = Colour(random), bottom = [.. top.Select(c => Math.Clamp(c + random.NextSingle(-50, 50), 0, 255))], foreground;
        do foreground = Colour(random);
        while (Contrast(foreground, top) < LeastContrast || Contrast(foreground, bottom) < LeastContrast);
        return new(top, bottom, foreground, random.NextSingle(2, LargestNoise));
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

    private static float[] Colour(SeededRandom random) => [random.NextSingle(0, 255), random.NextSingle(0, 255), random.NextSingle(0, 255)];

    private static float Contrast(float[] one, float[] other) => one.Zip(other, (a, b) => MathF.Abs(a - b)).Sum();
}
