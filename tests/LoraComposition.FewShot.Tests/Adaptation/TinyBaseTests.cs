using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class TinyBaseTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(16, 16, 16, "0.005 M parameters, 16 px")]
    [InlineData(64, 512, 193, "1.2 M parameters, 64 px")]
    [InlineData(64, 512, 192, null)]
    [InlineData(80, 512, 1000, null)]
    public void TheBaseIsSmallOrThePicturesAreMuchLarger(int size, int width, int pictureSide, string? expected)
    {
        Save(size, width);
        string? found = TinyBase.Warning(ImageBaseModel.Open(folder.Path), pictureSide);
        found.Should().Be(expected is null ? null : $"the base is tiny ({expected}): expect little of it on photos");
    }

    [Fact]
    public void ThePicturesCountAsTheyWere()
    {
        using var images = new PreprocessedImages(new Experiments.FractalDataset([0, 1], 3, 40), ImagePreprocessing.Default with { Size = 16 });
        images.MedianSide().Should().Be(0, "none has been read");
        images.Prepare([0, 5]);
        images.MedianSide().Should().Be(40);
    }

    void Save(int size, int width)
    {
        using var model = VisionTransformer.Create(new VitConfig { HiddenSize = width, LayerCount = 1, HeadCount = 1, IntermediateSize = 16, ImageSize = size, PatchSize = 8 }, 1);
        model.Save(folder.Path);
    }
}
