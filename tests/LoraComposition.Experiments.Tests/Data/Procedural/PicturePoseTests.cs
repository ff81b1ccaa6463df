namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class PicturePoseTests
{
    [Theory]
    [InlineData(false, 0.6f, 0.8f)]
    [InlineData(true, -0.6f, 0.8f)]
    public void TurningTheMapTurnsWhatItDoes(bool mirrored, float turnedX, float turnedY)
    {
        var pose = new PicturePose(new Rotation(0.6f, 0.8f), mirrored, 1, 0, 0);
        var map = new AffineMap(0.1f, 0.2f, -0.3f, 0.4f, 0.5f, -0.6f);

        // (1, 0) turned, mapped by the turned map, is the turned image of (1, 0).
        var image = map.Apply(new Point(1, 0));
        var turned = pose.Turn(map).Apply(new Point(turnedX, turnedY));

        turned.X.Should().BeApproximately((mirrored ? -1 : 1) * (0.6f * image.X - 0.8f * image.Y), 1e-6f);
        turned.Y.Should().BeApproximately(0.8f * image.X + 0.6f * image.Y, 1e-6f);
    }

    [Fact]
    public void PlacesTheShapeWithinTheFrame()
    {
        Point[] points = [new(-3, 1), new(5, 2), new(1, 5)];

        new PicturePose(new Rotation(1, 0), false, 0.5f, 1, 0).Place(points, 33);

        // 8 wide becomes half of 32, pushed to the right and up.
        points.Should().Equal(new Point(16, 0), new Point(32, 2), new Point(24, 8));
    }
}
