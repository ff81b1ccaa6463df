namespace LoraComposition.FewShot.Tests.Preprocessing;

/// <summary>Agreement, byte for byte, with Pillow 9.4 and with timm's evaluation transform as Pillow computes it: the pictures in Fixtures/pillow.</summary>
public class PillowTests
{
    static readonly string fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures");
    static readonly RgbImage wide = ImageFileDecoder.Decode(Path.Combine(fixtures, "preprocess", "wide.png"));

    static readonly ImagePreprocessing timm = new()
    {
        Size = 48,
        ResizeTo = 53,   // ⌊48 / 0.9⌋
        CropOffset = CropOffset.Round,
        Resample = Resample.Bicubic,
        RescaleFactor = 1,
        Mean = new(0),
        Std = new(1),
    };

    [Theory]
    [InlineData(Resample.Nearest)]
    [InlineData(Resample.Lanczos)]
    [InlineData(Resample.Bilinear)]
    [InlineData(Resample.Bicubic)]
    [InlineData(Resample.Box)]
    [InlineData(Resample.Hamming)]
    public void EveryFilterIsPillows(Resample filter)
    {
        string name = $"{filter}.rgb".ToLowerInvariant();

        ImageResizer.Resize(wide, 20, 13, filter).Pixels.ToArray().Should().Equal(Expected($"wide.20x13.{name}"));
        ImageResizer.Resize(Part(), 53, 31, filter).Pixels.ToArray().Should().Equal(Expected($"part.53x31.{name}"));
    }

    [Theory]
    [InlineData(ResizeFit.ShortestEdge, "center")]
    [InlineData(ResizeFit.BothSides, "squash")]
    public void EveryCropModeIsTimms(ResizeFit fit, string mode) => Square(wide, timm with { Fit = fit }).Should().Equal(Expected($"wide.{mode}.rgb"));

    [Fact]
    public void BorderIsFilledWithTheMeanColour() =>
        PictureFrame.Of(wide, timm with { Fit = ResizeFit.LongestEdge, Mean = new(0.485f, 0.456f, 0.406f) }, message => new DataException("wide", message)).Pixels.ToArray()
            .Should().Equal(Expected("wide.border.rgb"));

    [Theory]
    // Of nine columns two are kept: the margin of seven is cut at 3.5, which is 3 to transformers and 4 to torchvision.
    [InlineData(9, CropOffset.Down, 3)]
    [InlineData(9, CropOffset.Round, 4)]
    [InlineData(7, CropOffset.Down, 2)]
    [InlineData(7, CropOffset.Round, 2)]
    [InlineData(8, CropOffset.Down, 3)]
    [InlineData(8, CropOffset.Round, 3)]
    public void AnOddMarginIsCutAsTheLibraryDoesIt(int width, CropOffset offset, byte first)
    {
        byte[] pixels = [.. Enumerable.Range(0, 2).SelectMany(_ => Enumerable.Range(0, width).SelectMany(x => Enumerable.Repeat((byte)x, 3)))];

        Square(new RgbImage(width, 2, pixels), timm with { Size = 2, ResizeTo = 2, Fit = ResizeFit.ShortestEdge, CropOffset = offset })[0].Should().Be(first);
    }

    [Fact]
    public void APictureTooLongAndThinIsRefused() =>
        FluentActions.Invoking(() => Square(new RgbImage(60000, 1, new byte[180000]), timm with { Fit = ResizeFit.ShortestEdge })).Should().Throw<DataException>()
            .WithMessage("*60000 x 1 pixels would be resized to 3180000 x 53*");

    static byte[] Square(RgbImage image, ImagePreprocessing preprocessing) =>
        PictureFrame.Of(image, preprocessing, message => new DataException("picture", message)).Pixels.ToArray();

    static byte[] Expected(string file) => File.ReadAllBytes(Path.Combine(fixtures, "pillow", file));

    // The 37 x 22 pixels from (3, 5) on.
    static RgbImage Part() => new(37, 22, [.. Enumerable.Range(5, 22).SelectMany(y => wide.Pixels.Slice(3 * (y * wide.Width + 3), 3 * 37).ToArray())]);
}
