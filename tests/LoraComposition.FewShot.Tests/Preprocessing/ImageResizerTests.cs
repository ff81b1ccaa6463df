namespace LoraComposition.FewShot.Tests.Preprocessing;

public class ImageResizerTests
{
    [Theory]
    [InlineData(7, 3, 5, 11)]
    [InlineData(1, 1, 6, 6)]
    [InlineData(50, 40, 1, 1)]
    public void OneColourStaysThatColour(int width, int height, int newWidth, int newHeight)
    {
        byte[] pixels = [.. Enumerable.Range(0, width * height).SelectMany(_ => new byte[] { 9, 130, 255 })];

        foreach (var filter in Enum.GetValues<Resample>())
        {
            var resized = ImageResizer.Resize(new RgbImage(width, height, pixels), newWidth, newHeight, filter);

            (resized.Width, resized.Height).Should().Be((newWidth, newHeight));
            resized.Pixels.ToArray().Should().Equal(Enumerable.Range(0, newWidth * newHeight).SelectMany(_ => new byte[] { 9, 130, 255 }));
        }
    }

    [Fact]
    public void ShrinkingAveragesInsteadOfPicking()
    {
        // Black and white columns by turns: without antialiasing one of the two colours would win.
        byte[] pixels = [.. Enumerable.Range(0, 64 * 64).SelectMany(i => Enumerable.Repeat((byte)(i % 2 * 255), 3))];

        var resized = ImageResizer.Resize(new RgbImage(64, 64, pixels), 8, 8, Resample.Bilinear);

        resized.Pixels.ToArray().Should().AllSatisfy(b => ((int)b).Should().BeInRange(115, 140));
    }

    [Fact]
    public void EnlargesByTheTriangle() =>
        // Pillow: Image.fromarray([[0, 100]]).resize((4, 1), BILINEAR) is 0, 25, 75, 100.
        ImageResizer.Resize(new RgbImage(2, 1, [0, 0, 0, 100, 100, 100]), 4, 1, Resample.Bilinear).Pixels.ToArray().Where((_, i) => i % 3 == 0).Should().Equal(0, 25, 75, 100);

    [Fact]
    public void LeavesTheRightSizeAlone()
    {
        var image = new RgbImage(2, 1, [1, 2, 3, 4, 5, 6]);

        ImageResizer.Resize(image, 2, 1, Resample.Bicubic).Should().BeSameAs(image);
    }

    [Fact]
    public void RefusesUnknownFilters() =>
        FluentActions.Invoking(() => ImageResizer.Resize(new RgbImage(1, 1, new byte[3]), 2, 2, (Resample)6)).Should().Throw<ArgumentOutOfRangeException>();
}
