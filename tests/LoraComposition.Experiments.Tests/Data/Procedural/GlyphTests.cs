namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class GlyphTests
{
    [Fact]
    public void AClassIsDrawnFromItsNumberAlone()
    {
        Trace(Glyph.Draw(5)).Should().Equal(Trace(Glyph.Draw(5)));
        Trace(Glyph.Draw(5)).Should().NotEqual(Trace(Glyph.Draw(6)));
    }

    [Fact]
    public void GlyphsHaveTwoToFourStrokesWithinTheSquare()
    {
        var glyphs = Enumerable.Range(0, 100).Select(Glyph.Draw).ToArray();

        glyphs.Select(g => g.StrokeCount).Distinct().Order().Should().Equal(2, 3, 4);
        glyphs.SelectMany(Trace).Should().AllSatisfy(p => MathF.Max(MathF.Abs(p.X), MathF.Abs(p.Y)).Should().BeLessThanOrEqualTo(1.0001f));
    }

    [Fact]
    public void StrokesFollowTheirMovedControlPoints()
    {
        var glyph = Glyph.Draw(1);
        Point[] still = Trace(glyph), moved = new Point[still.Length];
        glyph.Trace(moved, p => new Point(p.X + 3, 2 * p.Y));

        moved.Zip(still).Should().AllSatisfy(pair =>
        {
            pair.First.X.Should().BeApproximately(pair.Second.X + 3, 1e-5f);
            pair.First.Y.Should().BeApproximately(2 * pair.Second.Y, 1e-5f);
        });
    }

    static Point[] Trace(Glyph glyph)
    {
        var points = new Point[glyph.StrokeCount * Glyph.PointsPerStroke];
        glyph.Trace(points, p => p);
        return points;
    }
}
