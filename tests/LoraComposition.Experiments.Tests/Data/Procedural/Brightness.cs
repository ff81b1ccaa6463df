using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

/// <summary>Simple measures of a picture's brightness, for telling classes apart without a model.</summary>
internal static class Brightness
{
    const int LongestShift = 6;

    /// <summary>The sum of the channels of each pixel, less the average.</summary>
    public static float[] Of(RgbImage image)
    {
        var pixels = image.Pixels;
        float[] brightness = new float[image.Width * image.Height];
        for (int i = 0; i < brightness.Length; i++) brightness[i] = pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2];
        float average = brightness.Average();
        return [.. brightness.Select(b => b - average)];
    }

    /// <summary>How alike a picture and its shifted self are, for each shift by up to six pixels, and how its values are distributed: neither depends on where something lies, nor on colours.</summary>
    public static float[] Statistics(RgbImage image)
    {
        float[] b = Of(image);
        int size = image.Width;
        float variance = b.Average(x => x * x), deviation = MathF.Sqrt(variance);
        var features = new List<float> { b.Average(x => x * x * x) / (variance * deviation), MathF.Sqrt(b.Average(x => x * x * x * x)) / variance };
        for (int dy = 0; dy <= LongestShift; dy++)
        {
            for (int dx = -LongestShift; dx <= LongestShift; dx++)
            {
                float sum = 0;
                int count = 0;
                for (int y = 0; y < size - dy; y++)
                {
                    for (int x = Math.Max(0, -dx); x < size - Math.Max(0, dx); x++, count++) sum += b[y * size + x] * b[(y + dy) * size + x + dx];
                }
                features.Add(sum / count / variance);
            }
        }
        return [.. features];
    }
}
