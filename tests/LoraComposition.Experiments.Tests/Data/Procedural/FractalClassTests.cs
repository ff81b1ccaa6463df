using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class FractalClassTests
{
    [Fact]
    public void ShapesAreContractiveAndNormalised()
    {
        foreach (int classId in Enumerable.Range(0, 60))
        {
            var shape = FractalClass.Draw(classId);

            shape.Maps.Should().HaveCountGreaterThanOrEqualTo(2).And.HaveCountLessThanOrEqualTo(6);
            shape.Maps.Should().AllSatisfy(m => LargestSingularValue(m).Should().BeLessThan(0.91));
            var points = new Point[5000];
            shape.Walk(new SeededRandom(ExperimentStreams.FractalInstance, 1), points);
            var bounds = PointBounds.Of(points);
            MathF.Max(bounds.Width, bounds.Height).Should().BeInRange(1.8f, 3f);
            MathF.Abs(bounds.Centre.X).Should().BeLessThan(0.2f);
            MathF.Abs(bounds.Centre.Y).Should().BeLessThan(0.2f);
        }
    }

    [Fact]
    public void AClassIsDrawnFromItsNumberAlone()
    {
        FractalClass.Draw(5).Maps.Should().Equal(FractalClass.Draw(5).Maps);
        FractalClass.Draw(5).Maps.Should().NotEqual(FractalClass.Draw(6).Maps);
    }

    static double LargestSingularValue(AffineMap m)
    {
        double sum = m.Xx * m.Xx + m.Xy * m.Xy + m.Yx * m.Yx + m.Yy * m.Yy, product = m.Area * m.Area;
        return Math.Sqrt((sum + Math.Sqrt(Math.Max(sum * sum - 4 * product, 0))) / 2);
    }
}
