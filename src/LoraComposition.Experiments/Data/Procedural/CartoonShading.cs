using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary><see cref="FractalStyle.Cartoon"/>: the smoothed density in three flat steps (ground, body, core), an outline around the body, and no noise.</summary>
internal sealed class CartoonShading : FractalShading
{
    const float BodyDensity = 0.3f, CoreDensity = 0.6f;
    static readonly Colour Outline = new(15, 10, 20);

    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random)
    {
        float[] density = GridBlur.Apply(coverage, size);
        Colour ground = colours.Top + new Colour(70, 70, 70), core = colours.Foreground, body = 0.5f * Colour.Draw(random, 0, 255) + 0.25f * core;
        byte[] pixels = new byte[3 * size * size];
        for (int i = 0; i < density.Length; i++)
        {
            var colour = density[i] >= CoreDensity ? core : density[i] >= BodyDensity ? body : TouchesBody(density, i, size) ? Outline : ground;
            colour.Write(pixels.AsSpan(3 * i, 3));
        }
        return new RgbImage(size, size, pixels);
    }

    static bool TouchesBody(ReadOnlySpan<float> density, int i, int size)
    {
        int x = i % size, y = i / size;
        return (x > 0 && density[i - 1] >= BodyDensity) || (x < size - 1 && density[i + 1] >= BodyDensity) ||
            (y > 0 && density[i - size] >= BodyDensity) || (y < size - 1 && density[i + size] >= BodyDensity);
    }
}
