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

    [Theory]
    [InlineData("""{"resample": "bicubic"}""", Resample.Bicubic)]
    [InlineData("""{"resample": "PILImageResampling.LANCZOS"}""", Resample.Lanczos)]
    [InlineData("""{"resample": "InterpolationMode.NEAREST"}""", Resample.Nearest)]
    [InlineData("""{"resample": 5}""", Resample.Hamming)]
    [InlineData("""{"resample": 1}""", Resample.Lanczos)]
    public void ReadsEveryFormOfTheFilter(string setting, Resample expected) => Read(setting).Resample.Should().Be(expected);

    [Theory]
    // DeiT and BEiT squeeze to a square and cut its centre out; CLIP and BiT (DINOv2) keep the shape.
    [InlineData("""{"image_processor_type": "DeiTImageProcessor", "size": 256, "do_center_crop": true, "crop_size": 224}""", 224, 256, ResizeFit.BothSides)]
    [InlineData("""{"image_processor_type": "BeitImageProcessorFast", "size": {"height": 256, "width": 256}, "crop_size": {"height": 224, "width": 224}}""", 224, 256, ResizeFit.BothSides)]
    [InlineData("""{"feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "do_center_crop": true, "crop_size": 224}""", 224, 224, ResizeFit.ShortestEdge)]
    [InlineData("""{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 224}}""", 224, 256, ResizeFit.ShortestEdge)]
    [InlineData("""{"size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": 224}""", 224, 256, ResizeFit.ShortestEdge)]
    public void ReadsEveryFormOfTheCrop(string settings, int size, int resizeTo, ResizeFit fit)
    {
        var read = Read(settings);

        (read.Size, read.ResizeTo, read.Fit, read.CropOffset).Should().Be((size, resizeTo, fit, CropOffset.Down));
    }

    [Fact]
    public void SaysOnceWhatItGuesses()
    {
        var said = new List<string>();
        ImagePreprocessing.FromFile(folder.Write("""{"size": {"shortest_edge": 48}, "image_mean": [0, 0, 0]}""", "preprocessor_config.json"), said.Add);
        said.Should().ContainSingle().Which.Should().Contain("leaves out resample, image_std, for which ViTImageProcessor's defaults are taken").And.Contain("squeezed into squares");

        said.Clear();
        ImagePreprocessing.FromFile(folder.Write("""{"size": 48, "resample": 3, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}""", "preprocessor_config.json"), said.Add);
        said.Should().BeEmpty();
    }

    [Theory]
    [InlineData(ResizeFit.BothSides, null)]
    [InlineData(ResizeFit.BothSides, 60)]
    [InlineData(ResizeFit.ShortestEdge, 60)]
    [InlineData(ResizeFit.LongestEdge, 60)]
    public void WhatIsWrittenIsReadAgain(ResizeFit fit, int? resizeTo)
    {
        var preprocessing = new ImagePreprocessing
        {
            Size = 48,
            ResizeTo = resizeTo,
            Fit = fit,
            CropOffset = resizeTo is null ? CropOffset.Down : CropOffset.Round,
            Upright = false,
            Resample = Resample.Lanczos,
            RescaleFactor = 1f / 127,
            Mean = new(0.485f, 0.456f, 0.406f),
            Std = new(0.229f, 0.224f, 0.225f),
        };
        var said = new List<string>();
        File.WriteAllBytes(folder.At("preprocessor_config.json"), PreprocessorConfigWriter.Write(preprocessing));

        ImagePreprocessing.FromFile(folder["preprocessor_config.json"], said.Add).Should().Be(preprocessing);
        said.Should().BeEmpty();
    }

    [Fact]
    public void HonoursTheSwitches()
    {
        Read("""{"do_resize": false}""").Resample.Should().BeNull();
        Read("""{"do_rescale": false, "rescale_factor": 0.1}""").RescaleFactor.Should().Be(1);
        var raw = Read("""{"do_normalize": false, "image_mean": [1, 2, 3]}""");
        (raw.Mean, raw.Std).Should().Be((new RgbValues(0), new RgbValues(1)));
    }

    [Theory]
    [InlineData("""{"resample": 6}""", "*'resample'*2 (bilinear), 3 (bicubic)*found 6;*")]
    [InlineData("""{"resample": "2"}""", "*'resample'*")]
    [InlineData("""{"resample": "sharp"}""", "*'resample'*found \"sharp\";*")]
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
    [InlineData("""{"do_center_crop": true, "crop_size": {"height": 3, "width": 4}}""", "*'crop_size'*equal height and width*")]
    [InlineData("""{"do_center_crop": 1}""", "*'do_center_crop'*true or false*")]
    [InlineData("""{"crop_pct": 0.9}""", "*'crop_pct'*")]
    [InlineData("""{"crop_offset": "up"}""", "*'crop_offset'*floor or round*")]
    [InlineData("""{"size": 9000}""", "*from 1 to 4096*")]
    [InlineData("[]", "*a JSON object*")]
    [InlineData("{", "*not valid JSON*")]
    public void RefusesWhatItCannotDo(string json, string message) =>
        FluentActions.Invoking(() => Read(json)).Should().Throw<DataException>().WithMessage("*preprocessor_config.json: " + message);

    [Fact]
    public void NamesAMissingFile() =>
        FluentActions.Invoking(() => ImagePreprocessing.FromFile(folder.At("none.json"))).Should().Throw<DataException>().WithMessage("*none.json: the file is missing*");

    ImagePreprocessing Read(string json) => ImagePreprocessing.FromFile(folder.Write(json, "preprocessor_config.json"));
}
