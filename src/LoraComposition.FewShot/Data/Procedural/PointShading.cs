namespace LoraComposition.FewShot.Data.Procedural;

/// <summary><see cref="FractalStyle.Points"/>: counts the points of each pixel and compresses the counts, n / (n + n₀), so that sparse parts show too.</summary>
internal sealed class PointShading : FractalShading
{
    public override void Shade(ReadOnlySpan<Point> points, int size, Span<float> coverage)
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
