namespace LoraComposition.Experiments;

/// <summary>The upright rectangle around some points.</summary>
internal readonly record struct PointBounds(float Left, float Top, float Right, float Bottom)
{
    public float Width => Right - Left;

    public float Height => Bottom - Top;

    public Point Centre => new((Left + Right) / 2, (Top + Bottom) / 2);

    public static PointBounds Of(ReadOnlySpan<Point> points)
    {
        float left = float.PositiveInfinity, top = float.PositiveInfinity, right = float.NegativeInfinity, bottom = float.NegativeInfinity;
        foreach (var p in points)
        {
            // Plain comparisons: MathF.Min minds NaN, which costs, and there is none here.
            if (p.X < left) left = p.X;
            if (p.X > right) right = p.X;
            if (p.Y < top) top = p.Y;
            if (p.Y > bottom) bottom = p.Y;
        }
        return new(left, top, right, bottom);
    }
}
