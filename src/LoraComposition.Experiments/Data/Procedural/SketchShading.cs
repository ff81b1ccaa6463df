using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
