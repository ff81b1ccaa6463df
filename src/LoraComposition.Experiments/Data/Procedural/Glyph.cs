using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
