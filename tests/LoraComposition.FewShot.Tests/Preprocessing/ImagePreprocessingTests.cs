using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Preprocessing;

public sealed class ImagePreprocessingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsAWholeConfiguration() =>
        Read("""
            {"do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
             "image_processor_type": "ViTImageProcessor", "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"height": 48, "width": 48}}
            """).Should().Be(new ImagePreprocessing
        {
            Size = 48,
            Resample = Resample.Bicubic,
            RescaleFactor = 1f / 255,
            Mean = new(0.485f, 0.456f, 0.406f),
            Std = new(0.229f, 0.224f, 0.225f),
        });

    [Fact]
    public void LeftOutMeansDefault()
    {
        Read("{}").Should().Be(ImagePreprocessing.Default);
        Read("""{"resample": null, "size": null}""").Should().Be(ImagePreprocessing.Default);
    }

    [Theory]
    [InlineData("384", 384)]
    [InlineData("""{"height": 96, "width": 96}""", 96)]
    [InlineData("""{"shortest_edge": 256}""", 256)]
    public void ReadsEveryFormOfTheSize(string size, int expected) => Read($$"""{"size": {{size}}}""").Size.Should().Be(expected);

    [Fact]
    public void HonoursTheSwitches()
    {
        Read("""{"do_resize": false}""").Resample.Should().BeNull();
        Read("""{"do_rescale": false, "rescale_factor": 0.1}""").RescaleFactor.Should().Be(1);
        var raw = Read("""{"do_normalize": false, "image_mean": [1, 2, 3]}""");
        (raw.Mean, raw.Std).Should().Be((new RgbValues(0), new RgbValues(1)));
    }

    [Theory]
    [InlineData("""{"resample": 1}""", "*'resample'*2 (bilinear) or 3 (bicubic), found 1;*")]
    [InlineData("""{"resample": 2.5}""", "*'resample'*a whole number*2.5*")]
    [InlineData("""{"size": {"height": 48, "width": 64}}""", "*'size'*64*")]
    [InlineData("""{"size": {"longest_edge": 64}}""", "*'size'*longest_edge*")]
    [InlineData("""{"size": {"shortest_edge": 64, "longest_edge": 99}}""", "*'size'*longest_edge*")]
    [InlineData("""{"size": "big"}""", "*'size'*big*")]
    [InlineData("""{"size": 0}""", "*from 1 to 4096, found 0*")]
    [InlineData("""{"size": 100000}""", "*from 1 to 4096*")]
    [InlineData("""{"image_mean": [0.5]}""", "*'image_mean'*three numbers*")]
    [InlineData("""{"image_std": [0.5, 0, 0.5]}""", "*Std must be positive*")]
    [InlineData("""{"image_std": [0.5, "x", 0.5]}""", "*'image_std'*a number*x*")]
    [InlineData("""{"rescale_factor": -1}""", "*RescaleFactor*-1*")]
    [InlineData("""{"do_resize": "no"}""", "*'do_resize'*true or false*")]
    [InlineData("""{"do_center_crop": true}""", "*'do_center_crop'*not supported*")]
    [InlineData("[]", "*a JSON object*")]
    [InlineData("{", "*damaged*")]
    public void RefusesWhatItCannotDo(string json, string message) =>
        FluentActions.Invoking(() => Read(json)).Should().Throw<DataException>().WithMessage("*preprocessor_config.json: " + message);

    [Fact]
    public void NamesAMissingFile() =>
        FluentActions.Invoking(() => ImagePreprocessing.FromFile(folder.At("none.json"))).Should().Throw<DataException>().WithMessage("*none.json: the file is missing*");

    ImagePreprocessing Read(string json) => ImagePreprocessing.FromFile(folder.Write(json, "preprocessor_config.json"));
}
