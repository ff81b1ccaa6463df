using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
