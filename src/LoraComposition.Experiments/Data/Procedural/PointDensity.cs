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
