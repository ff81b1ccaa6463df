using LoraComposition.FewShot.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class ImageBatchesTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(4 * 3 * 16 * 16 - 1, false)]
    [InlineData(4 * 3 * 16 * 16, true)]
    public void ASetOnTheDeviceGivesTheSameBatchesToTheBit(long largest, bool preloaded)
    {
        using var scope = NewDisposeScope();
        var images = tiny.Task("task", [0, 1]).Train;
        using var batches = new ImageBatches(images, [7, 2, 5, 2, 0], CPU, ScalarType.BFloat16, largest);
        int[] wanted = [0, 7, 7, 2];

        var (pixels, labels) = batches.Take(wanted);

        batches.Preloaded.Should().Be(preloaded);
        pixels.dtype.Should().Be(ScalarType.BFloat16);
        Snapshot.Of(pixels).Should().Equal(Snapshot.Of(images.Batch(wanted, CPU, ScalarType.BFloat16)));
        labels.data<long>().ToArray().Should().Equal(images.Labels(wanted).data<long>().ToArray());
    }

    [Fact]
    public void TheCpuKeepsNoSecondCopy()
    {
        var images = tiny.Task("task", [0, 1]).Train;
        using var batches = new ImageBatches(images, [0, 1], CPU, ScalarType.Float32);
        using var elsewhere = new ImageBatches(images, [0, 1], META, ScalarType.Float32);

        (batches.Preloaded, elsewhere.Preloaded).Should().Be((false, true));
    }

    [Fact]
    public void FlipsAreSeededAndMirrorAboutHalfOfThePictures()
    {
        using var scope = NewDisposeScope();
        var images = tiny.Task("task", [0, 1]).Train;
        int[] wanted = [.. Enumerable.Repeat(3, 64)];
        Tensor Taken(ImageAugmentation augmentation, int seed)
        {
            using var batches = new ImageBatches(images, [3], CPU, ScalarType.Float32, augmentation, seed);
            return batches.Take(wanted).Pixels;
        }

        var (plain, flipped) = (Taken(ImageAugmentation.None, 1), Taken(ImageAugmentation.Flip, 1));

        var mirrored = flipped.eq(plain.flip(3)).flatten(1).all(1);   // [64]
        mirrored.logical_or(flipped.eq(plain).flatten(1).all(1)).all().item<bool>().Should().BeTrue("a picture is as it was or mirrored");
        mirrored.sum().item<long>().Should().BeInRange(16, 48);
        Taken(ImageAugmentation.Flip, 1).equal(flipped).all().item<bool>().Should().BeTrue();
        Taken(ImageAugmentation.Flip, 2).equal(flipped).all().item<bool>().Should().BeFalse();
    }

    [Fact]
    public void CropsAreSeededAndSkippedPicturesPassTheirNumbers()
    {
        using var scope = NewDisposeScope();
        var images = tiny.Task("task", [0, 1]).Train;
        int[] wanted = [.. Enumerable.Repeat(3, 16)];
        Tensor Taken(int seed, int skipped)
        {
            using var batches = new ImageBatches(images, [3], CPU, ScalarType.Float32, ImageAugmentation.FlipAndCrop, seed);
            batches.Skip(skipped);
            return batches.Take(wanted[skipped..]).Pixels;
        }

        var cropped = Taken(seed: 1, skipped: 0);

        cropped.flatten(1).unique(dim: 0, sorted: true).output.shape[0].Should().BeGreaterThan(8, "flips alone give two pictures");
        Taken(seed: 1, skipped: 0).equal(cropped).all().item<bool>().Should().BeTrue();
        Taken(seed: 2, skipped: 0).equal(cropped).all().item<bool>().Should().BeFalse();
        Taken(seed: 1, skipped: 5).equal(cropped[5..]).all().item<bool>().Should().BeTrue("a training that goes on sees what it would have seen");
    }
}
