using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Paints a fractal shape. There is one subclass per <see cref="FractalStyle"/>.</summary>
internal abstract class FractalShading
{
    public static FractalShading Of(FractalStyle style) => style switch
    {
        FractalStyle.Points => new PointShading(),
        FractalStyle.Sketch => new SketchShading(),
        FractalStyle.Cartoon => new CartoonShading(),
        FractalStyle.Painting => new PaintingShading(),
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, "There is no such style."),
    };

    /// <summary>Paints a picture.</summary>
    /// <param name="coverage">The density of the shape's points, <c>[size, size]</c> values from 0 to 1.</param>
    /// <param name="size">The side of the picture.</param>
    /// <param name="colours">The colours of the instance, which the style may change.</param>
    /// <param name="random">Decides what the style adds.</param>
    public abstract RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random);
}

/// <summary><see cref="FractalStyle.Points"/>: the denser the points, the nearer to the foreground's colour.</summary>
internal sealed class PointShading : FractalShading
{
    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random) => colours.Paint(coverage, size, random);
}

/// <summary><see cref="FractalStyle.Cartoon"/>: the smoothed density in three flat steps (ground, body, core), an outline around the body, and no noise.</summary>
internal sealed class CartoonShading : FractalShading
{
    const float BodyDensity = 0.3f, CoreDensity = 0.6f;
    static readonly Colour outlineColour = new(15, 10, 20);

    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random)
    {
        float[] density = GridBlur.Apply(coverage, size);
        Colour ground = colours.Top + new Colour(70, 70, 70), core = colours.Foreground, body = 0.5f * Colour.Draw(random, 0, 255) + 0.25f * core;
        byte[] pixels = new byte[3 * size * size];
        for (int i = 0; i < density.Length; i++)
        {
            var colour = density[i] >= CoreDensity ? core : density[i] >= BodyDensity ? body : TouchesBody(density, i, size) ? outlineColour : ground;
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

/// <summary><see cref="FractalStyle.Painting"/>: the smoothed shape, its colour changing over the picture, on a ground of brush strokes of one direction.</summary>
internal sealed class PaintingShading : FractalShading
{
    const int Blurs = 2;
    const float StrokeLength = 9, StrokeWidth = 2.5f, StrokeStrength = 0.8f;

    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random)
    {
        float[] shape = GridBlur.Apply(coverage, size);
        for (int i = 1; i < Blurs; i++) shape = GridBlur.Apply(shape, size);
        var strokes = new SmoothNoise(random, Rotation.Draw(random), StrokeLength * size / 32, StrokeWidth * size / 32);
        var wash = new SmoothNoise(random, Rotation.Draw(random), size / 2f, size / 2f);
        // The second ground colour and the second shape colour, which strokes and wash bring in.
        Colour stroke = Colour.Draw(random, 60, 200), tint = Colour.Draw(random, 80, 255);
        byte[] pixels = new byte[3 * size * size];
        for (int i = 0; i < shape.Length; i++)
        {
            int x = i % size, y = i / size;
            Colour ground = Mix(colours.Background(y, size), stroke, StrokeStrength * strokes.At(x, y)), front = Mix(colours.Foreground, tint, wash.At(x, y));
            Mix(ground, front, MathF.Min(1.3f * shape[i], 1)).Write(pixels.AsSpan(3 * i, 3));
        }
        return new RgbImage(size, size, pixels);
    }

    static Colour Mix(Colour one, Colour other, float part) => one + part * (other - one);
}

/// <summary><see cref="FractalStyle.Sketch"/>: dark ink where the shape's density changes, on bright paper.</summary>
internal sealed class SketchShading : FractalShading
{
    const float FaintestSlope = 0.15f, Contrast = 3;

    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random)
    {
        float[] ink = GridSlope.Apply(GridBlur.Apply(coverage, size), size);
        for (int i = 0; i < ink.Length; i++) ink[i] = Math.Clamp(Contrast * (ink[i] - FaintestSlope), 0, 1);
        return colours.Negative.Paint(ink, size, random);
    }
}
