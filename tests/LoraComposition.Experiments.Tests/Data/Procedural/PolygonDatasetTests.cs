namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class PolygonDatasetTests
{
    [Fact]
    public void PolygonsAndStarsOfThreeToEightCornersTakeTurns()
    {
        var names = new PolygonDataset([.. Enumerable.Range(0, PolygonDataset.AvailableClasses)], 1).ClassNames;

        names.Should().Equal("triangle", "3-pointed star", "quadrilateral", "4-pointed star", "pentagon", "5-pointed star", "hexagon", "6-pointed star", "heptagon", "7-pointed star", "octagon", "8-pointed star");
        FluentActions.Invoking(() => new PolygonDataset([12], 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void StarsCoverLessThanPolygonsOfAsManyCorners()
    {
        var data = new PolygonDataset([.. Enumerable.Range(0, PolygonDataset.AvailableClasses)], 40);
        double Mean(int label) => Enumerable.Range(40 * label, 40).Average(i => Brightness.Of(data.Decode(i)).Count(b => b > 0) / 1024.0);

        for (int polygon = 0; polygon < data.ClassNames.Count; polygon += 2) Mean(polygon).Should().BeGreaterThan(1.1 * Mean(polygon + 1), data.ClassNames[polygon]);
    }
}
