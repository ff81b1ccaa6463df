namespace LoraComposition.FewShot.Tests.Data;

public class RgbImageTests
{
    [Fact]
    public void RefusesAWrongNumberOfBytes() =>
        FluentActions.Invoking(() => new RgbImage(2, 3, new byte[17])).Should().Throw<ArgumentException>().WithMessage("*18 bytes for 2 x 3*17*");

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, -1)]
    public void RefusesAPictureWithoutPixels(int width, int height) =>
        FluentActions.Invoking(() => new RgbImage(width, height, [])).Should().Throw<ArgumentOutOfRangeException>();
}
