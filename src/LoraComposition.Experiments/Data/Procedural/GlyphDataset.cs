using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Characters of an unknown script: a class is a glyph of a few curved strokes, and its instances differ as handwriting does. There is a class for every number.</summary>
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
