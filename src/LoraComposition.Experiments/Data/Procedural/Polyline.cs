namespace LoraComposition.Experiments;

/// <summary>Straight pieces from point to point in pixel coordinates, drawn with soft edges; a pixel keeps the stronger of what it had and what it gets.</summary>
internal readonly ref struct Polyline(ReadOnlySpan<Point> points, bool closed)
{
    readonly ReadOnlySpan<Point> points = points;

    /// <summary>Draws the line.</summary>
    public void Stroke(float width, int size, Span<float> coverage)
    {
        for (int i = 0; i < coverage.Length; i++) Cover(ref coverage[i], Distance(new Point(i % size, i / size)) - width / 2);
    }

    /// <summary>Draws the inside of a closed line.</summary>
    public void Fill(int size, Span<float> coverage)
    {
        for (int i = 0; i < coverage.Length; i++)
        {
            var p = new Point(i % size, i / size);
            Cover(ref coverage[i], Contains(p) ? -Distance(p) : Distance(p));
        }
    }

    static void Cover(ref float pixel, float distance) => pixel = MathF.Max(pixel, Math.Clamp(0.5f - distance, 0, 1));

    float Distance(Point p)
    {
        float nearest = float.MaxValue;
        for (int i = closed ? 0 : 1; i < points.Length; i++)
        {
            Point from = points[i == 0 ? points.Length - 1 : i - 1], to = points[i];
            float dx = to.X - from.X, dy = to.Y - from.Y, x = p.X - from.X, y = p.Y - from.Y;
            float along = Math.Clamp((x * dx + y * dy) / MathF.Max(dx * dx + dy * dy, float.Epsilon), 0, 1);
            (x, y) = (x - along * dx, y - along * dy);
            nearest = MathF.Min(nearest, x * x + y * y);
        }
        return MathF.Sqrt(nearest);
    }

    // A ray to the right crosses the border of what contains its start an odd number of times.
    bool Contains(Point p)
    {
        bool inside = false;
        for (int i = 0, j = points.Length - 1; i < points.Length; j = i++)
        {
            Point a = points[i], b = points[j];
            if (a.Y > p.Y != b.Y > p.Y && p.X < (b.X - a.X) * (p.Y - a.Y) / (b.Y - a.Y) + a.X) inside = !inside;
        }
        return inside;
    }
}
