using TorchSharp;

namespace LoraComposition.FewShot.Tests.Preprocessing;

/// <summary>Agreement with Pillow and with transformers' ViTImageProcessor on the pictures in Fixtures/preprocess.</summary>
public class ReferencePreprocessingTests(ITestOutputHelper output)
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "preprocess");
    static readonly IReadOnlyDictionary<string, float[]> Expected = FloatTensors.Read(Path.Combine(Folder, "expected.safetensors"));

    [Theory]
    [InlineData("square.png")]
    [InlineData("wide.png")]
    [InlineData("small.png")]
    [InlineData("photo.jpg")]
    public void ResizesAsPillowByteForByte(string file)
    {
        using var images = Open(file, ImagePreprocessing.Default with { Size = 48, Resample = Resample.Bicubic, RescaleFactor = 1, Mean = new(0), Std = new(1) });

        Values(images).Should().Equal(Expected[$"{file}.48.pillow_uint8"]);
    }

    [Theory]
    [InlineData("square.png", 48)]
    [InlineData("square.png", 32)]
    [InlineData("wide.png", 48)]
    [InlineData("wide.png", 32)]
    [InlineData("small.png", 48)]
    [InlineData("small.png", 32)]
    [InlineData("photo.jpg", 48)]
    [InlineData("photo.jpg", 32)]
    [InlineData("grey.png", 48)]
    [InlineData("grey.png", 32)]
    [InlineData("alpha.png", 48)]
    [InlineData("alpha.png", 32)]
    public void AgreesWithTheProcessor(string file, int size)
    {
        using var images = Open(file, ImagePreprocessing.Default with { Size = size, Resample = Resample.Bicubic });

        Compare(Values(images), Expected[$"{file}.{size}"], 2);
    }

    [Fact]
    public void AgreesWithTheProcessorWithBilinearAndImageNetStatistics()
    {
        using var images = Open("wide.png", new ImagePreprocessing { Size = 48, Resample = Resample.Bilinear, Mean = new(0.485f, 0.456f, 0.406f), Std = new(0.229f, 0.224f, 0.225f) });

        Compare(Values(images), Expected["wide.png.48.bilinear_imagenet"], 1 / 0.224f);
    }

    static PreprocessedImages Open(string file, ImagePreprocessing preprocessing) => new(new OneFile(Path.Combine(Folder, file)), preprocessing);

    static float[] Values(PreprocessedImages images)
    {
        using var batch = images.Batch([0], torch.CPU);
        batch.shape.Should().Equal(1, 3, images.Preprocessing.Size, images.Preprocessing.Size);
        return [.. batch.data<float>()];
    }

    void Compare(float[] actual, float[] expected, float fullRange)
    {
        actual.Should().HaveSameCount(expected);
        float worst = actual.Zip(expected, (a, e) => MathF.Abs(a - e)).Max() / fullRange * 255;
        output.WriteLine($"largest difference: {worst} / 255");
        worst.Should().BeLessThan(1.01f);
    }

    sealed class OneFile(string file) : ImageDataset
    {
        public override string Name => "one";

        public override IReadOnlyList<string> ClassNames => ["one"];

        public override int Count => 1;

        public override string Fingerprint => file;

        public override int Label(int index) => 0;

        public override RgbImage Decode(int index) => ImageFileDecoder.Decode(file);
    }
}
