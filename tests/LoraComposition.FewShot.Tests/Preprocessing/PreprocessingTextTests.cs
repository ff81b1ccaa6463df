using LoraComposition.Experiments;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Preprocessing;

/// <summary>The preprocessing in an exported model's metadata, and the pixels that a program without torch makes by it.</summary>
public class PreprocessingTextTests
{
    const string Whole = """
        {"channels":"RGB","layout":"NCHW","crop":"none","height":16,"width":16,"resize":"stretch","interpolation":"bicubic","antialias":true,"rescale":0.5,"mean":[0.1,0.2,0.3],"std":[1,2,4]}
        """;

    static readonly ImagePreprocessing awkward = new()
    {
        Size = 16,
        Resample = Resample.Bicubic,
        RescaleFactor = 0.5f,
        Mean = new(0.1f, 0.2f, 0.3f),
        Std = new(1, 2, 4),
    };

    [Fact]
    public void SaysEverythingAndIsReadBack()
    {
        awkward.ToJson().Should().Be(Whole.Trim());
        ImagePreprocessing.FromJson(Whole).Should().Be(awkward);
    }

    [Fact]
    public void KeepsTheLastBitOfEveryNumberAndAMissingFilter()
    {
        var odd = ImagePreprocessing.Default with { Resample = null, RescaleFactor = MathF.PI / 255, Mean = new(0.485f, 0.456f, 0.406f), Std = new(0.229f, 0.224f, 0.225f) };

        ImagePreprocessing.FromJson(odd.ToJson()).Should().Be(odd);
        odd.ToJson().Should().Contain("\"resize\":\"none\"").And.NotContain("interpolation");
    }

    [Theory]
    [InlineData("", "", "*found something else*")]
    [InlineData("\"RGB\"", "\"BGR\"", "the preprocessing: 'channels': expected \"RGB\", found \"BGR\".")]
    [InlineData("\"crop\":\"none\"", "\"crop\":\"centre\"", "*'crop': expected \"none\"*")]
    [InlineData("\"width\":16", "\"width\":32", "*'width': expected 16 as the height, found 32.")]
    [InlineData("\"stretch\"", "\"shortest\"", "*'resize': expected \"stretch\"*")]
    [InlineData("\"bicubic\"", "\"lanczos\"", "*'interpolation': expected \"bilinear\" or \"bicubic\", found \"lanczos\".")]
    [InlineData("[1,2,4]", "[1,2]", "*'std': expected three numbers, found [[]1,2[]].")]
    [InlineData("[1,2,4]", "[1,2,0]", "*Std must be positive*")]
    [InlineData("\"rescale\":0.5,", "", "*found something else*")]
    [InlineData("\"rescale\":0.5", "\"rescale\":\"half\"", "*found something else*")]
    public void RefusesWhatNoExportWrites(string part, string instead, string message)
    {
        string text = part.Length == 0 ? "{" : Whole.Replace(part, instead, StringComparison.Ordinal);

        FluentActions.Invoking(() => ImagePreprocessing.FromJson(text)).Should().Throw<DataException>().WithMessage(message);
    }

    [Fact]
    public void PixelsAreThoseOfABatch()
    {
        var data = new FractalDataset([1], 1, size: 23);
        using var images = new PreprocessedImages(data, awkward);
        using var batch = images.Batch([0], torch.CPU);

        awkward.ToPixels(data.Decode(0)).Should().Equal(batch.data<float>().ToArray());
    }

    [Fact]
    public void APictureOfAnotherSizeThatIsNotResizedIsRefused() =>
        FluentActions.Invoking(() => (awkward with { Resample = null }).ToPixels(new RgbImage(2, 3, new byte[18])))
            .Should().Throw<DataException>().WithMessage("the picture: expected 16 x 16 pixels*found 2 x 3*");
}
