namespace LoraComposition.Experiments;

/// <summary>Counts the points of each pixel and compresses the counts, n / (n + n₀), so that sparse parts of a shape show too.</summary>
internal static class PointDensity
{
    /// <param name="points">The points, in pixel coordinates from 0 to <paramref name="size"/> − 1.</param>
    /// <param name="size">The side of the picture.</param>
    /// <param name="coverage">All zero at first; receives <c>[size, size]</c> values from 0 (no point) towards 1 (many).</param>
    public static void Measure(ReadOnlySpan<Point> points, int size, Span<float> coverage)
    {
        foreach (var p in points)
        {
            int x = Math.Clamp((int)(p.X + 0.5f), 0, size - 1), y = Math.Clamp((int)(p.Y + 0.5f), 0, size - 1);
            coverage[y * size + x]++;
        }
        int visited = 0;
        foreach (float count in coverage)
        {
            if (count > 0) visited++;
        }
        float half = 0.25f * points.Length / Math.Max(visited, 1);
        for (int i = 0; i < coverage.Length; i++) coverage[i] /= coverage[i] + half;
    }
}

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

/// <summary>A point of the plane.</summary>
internal readonly record struct Point(float X, float Y);

/// <summary>Smooths a square grid of values with the binomial weights (1, 2, 1) / 4 both ways; beyond the border the border goes on.</summary>
internal static class GridBlur
{
    /// <summary>Returns new values, <c>[size, size]</c>.</summary>
    public static float[] Apply(ReadOnlySpan<float> values, int size)
    {
        float[] rows = new float[values.Length], result = new float[values.Length];
        for (int y = 0; y < size; y++)
        {
            var row = values.Slice(y * size, size);
            for (int x = 0; x < size; x++) rows[y * size + x] = (row[Math.Max(x - 1, 0)] + 2 * row[x] + row[Math.Min(x + 1, size - 1)]) / 4;
        }
        for (int y = 0; y < size; y++)
        {
            int above = Math.Max(y - 1, 0) * size, here = y * size, below = Math.Min(y + 1, size - 1) * size;
            for (int x = 0; x < size; x++) result[here + x] = (rows[above + x] + 2 * rows[here + x] + rows[below + x]) / 4;
        }
        return result;
    }
}

/// <summary>How steeply a square grid of values changes at each place: the length of the gradient by central differences.</summary>
internal static class GridSlope
{
    /// <summary>Returns new values, <c>[size, size]</c>.</summary>
    public static float[] Apply(ReadOnlySpan<float> values, int size)
    {
        float[] result = new float[values.Length];
        for (int y = 0; y < size; y++)
        {
            int above = Math.Max(y - 1, 0) * size, here = y * size, below = Math.Min(y + 1, size - 1) * size;
            for (int x = 0; x < size; x++)
            {
                float across = values[here + Math.Min(x + 1, size - 1)] - values[here + Math.Max(x - 1, 0)], down = values[below + x] - values[above + x];
                result[here + x] = MathF.Sqrt(across * across + down * down);
            }
        }
        return result;
    }
}
