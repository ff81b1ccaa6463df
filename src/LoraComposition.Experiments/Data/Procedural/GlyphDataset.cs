using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Characters of an unknown script: a class is a glyph of a few curved strokes, and its instances differ as handwriting does. There is a class for every
/// number.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class GlyphDataset : ProceduralDataset
{
    const float LargestSlip = 0.22f;

    static readonly ProceduralFormula formula = new("glyphs", "glyphs-1", int.MaxValue, id => $"glyph-{id:0000}", ExperimentStreams.GlyphInstance);

    readonly Glyph[] glyphs;

    /// <summary>Draws the glyphs of the classes. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="FractalDataset(IReadOnlyList{int}, int, int, int, int, FractalStyle)"/>
    public GlyphDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => glyphs = [.. classIds.Select(Glyph.Draw)];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        // A mirrored character would be another one.
        var upright = pose with { Mirrored = false };
        var glyph = glyphs[label];
        Span<Point> points = stackalloc Point[Glyph.PointsPerStroke * glyph.StrokeCount];
        glyph.Trace(points, p => upright.Turn(new Point(p.X + random.NextSingle(-LargestSlip, LargestSlip), p.Y + random.NextSingle(-LargestSlip, LargestSlip))));
        upright.Place(points, Size);
        float width = random.NextSingle(1.2f, 2.6f) * Size / 32;
        for (int stroke = 0; stroke < glyph.StrokeCount; stroke++)
            new Polyline(points.Slice(stroke * Glyph.PointsPerStroke, Glyph.PointsPerStroke), closed: false).Stroke(width, Size, coverage);
    }
}

/// <summary>A character of some strokes, each a quadratic Bézier curve of three control points between −1 and 1.</summary>
internal sealed class Glyph
{
    /// <summary>The points that a stroke is traced with.</summary>
    public const int PointsPerStroke = 8;

    const int ControlPoints = 3;
    const int LeastStrokes = 2, StrokeChoices = 3;
    const float ShortestStroke = 0.8f;

    readonly Point[] controls;

    Glyph(Point[] controls) => this.controls = controls;

    /// <summary>The number of strokes, 2 to 4.</summary>
    public int StrokeCount => controls.Length / ControlPoints;

    /// <summary>Draws the glyph of a class from the class's number alone.</summary>
    public static Glyph Draw(int classId)
    {
        var random = new SeededRandom(ExperimentStreams.GlyphClass, classId);
        var controls = new Point[ControlPoints * (LeastStrokes + random.Next(StrokeChoices))];
        for (int stroke = 0; stroke < controls.Length; stroke += ControlPoints)
        {
            do
            {
                for (int i = 0; i < ControlPoints; i++) controls[stroke + i] = new(random.NextSingle(-1, 1), random.NextSingle(-1, 1));
            }
            while (Distance(controls[stroke], controls[stroke + ControlPoints - 1]) < ShortestStroke);
        }
        return new Glyph(controls);
    }

    /// <summary>Follows the strokes after moving their control points, <see cref="PointsPerStroke"/> points each.</summary>
    public void Trace(Span<Point> points, Func<Point, Point> move)
    {
        for (int stroke = 0; stroke < StrokeCount; stroke++)
        {
            int first = stroke * ControlPoints;
            Point from = move(controls[first]), over = move(controls[first + 1]), to = move(controls[first + 2]);
            for (int i = 0; i < PointsPerStroke; i++)
            {
                float t = i / (PointsPerStroke - 1f), a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
                points[stroke * PointsPerStroke + i] = new(a * from.X + b * over.X + c * to.X, a * from.Y + b * over.Y + c * to.Y);
            }
        }
    }

    static float Distance(Point a, Point b) => MathF.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
}

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
