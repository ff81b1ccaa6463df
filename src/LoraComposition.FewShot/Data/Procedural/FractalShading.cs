namespace LoraComposition.FewShot.Data.Procedural;

/// <summary>Turns the points of a shape into how strongly each pixel shows it. There is one subclass per <see cref="FractalStyle"/>.</summary>
internal abstract class FractalShading
{
    public static FractalShading Of(FractalStyle style) => style switch
    {
        FractalStyle.Points => new PointShading(),
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, "There is no such style."),
    };

    /// <summary>Shades a picture.</summary>
    /// <param name="points">The points, in pixel coordinates from 0 to <paramref name="size"/> − 1.</param>
    /// <param name="size">The side of the picture.</param>
    /// <param name="coverage">All zero at first; receives <c>[size, size]</c> values from 0 (background) to 1 (shape).</param>
    public abstract void Shade(ReadOnlySpan<Point> points, int size, Span<float> coverage);
}
