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
