using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Data;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Preprocessing;

public class PreprocessedImagesTests
{
    static readonly ImagePreprocessing Small = ImagePreprocessing.Default with { Size = 6 };

    [Fact]
    public void BatchIsNormalisedInTheOrderAskedFor()
    {
        using var images = new PreprocessedImages(new MemoryDataset([.. new int[10]], 1), Small with { Mean = new(0.1f, 0.2f, 0.3f), Std = new(1, 2, 4) });

        using var batch = images.Batch([7, 2, 7], torch.CPU);

        batch.shape.Should().Equal(3, 3, 6, 6);
        batch.dtype.Should().Be(torch.ScalarType.Float32);
        batch.requires_grad.Should().BeFalse();
        float[] values = [.. batch.data<float>()];
        foreach (var (at, picture) in new[] { (0, 7), (1, 2), (2, 7) })
        {
            values.AsSpan(at * 108, 36).ToArray().Should().AllSatisfy(v => v.Should().BeApproximately(picture / 255f - 0.1f, 1e-6f));
            values.AsSpan(at * 108 + 72, 36).ToArray().Should().AllSatisfy(v => v.Should().BeApproximately((picture / 255f - 0.3f) / 4, 1e-6f));
        }
    }

    [Fact]
    public void PlanesKeepColoursAndRowsApart()
    {
        var data = new FractalDataset([1], 1, size: 8);
        using var images = new PreprocessedImages(data, new ImagePreprocessing { Size = 8, Resample = null, RescaleFactor = 1, Mean = new(0), Std = new(1) });

        using var batch = images.Batch([0], torch.CPU);

        float[] values = [.. batch.data<float>()];
        var pixels = data.Decode(0).Pixels;
        for (int i = 0; i < pixels.Length; i++) values[i % 3 * 64 + i / 3].Should().Be(pixels[i]);
    }

    [Fact]
    public void PreparingInParallelGivesTheSameAsOneByOne()
    {
        var data = new FractalDataset([3, 4, 5], 8, size: 16);
        int[] all = [.. Enumerable.Range(0, data.Count)];
        using var together = new PreprocessedImages(data, Small);
        using var oneByOne = new PreprocessedImages(data, Small);

        together.Prepare(all);

        using var batch = together.Batch(all, torch.CPU);
        foreach (var (expected, i) in batch.data<float>().ToArray().Chunk(3 * 6 * 6).Zip(all))
        {
            using var one = oneByOne.Batch([i], torch.CPU);
            one.data<float>().ToArray().Should().Equal(expected);
        }
    }

    [Fact]
    public void DecodesEachPictureOnce()
    {
        var data = new MemoryDataset([.. new int[10]], 1);
        using var images = new PreprocessedImages(data, Small);
        var progress = new Counter();

        images.Prepare([0, 1, 2], progress);
        data.Decoded.Should().Be(3);
        progress.Steps.Should().Be(3);

        images.Batch([2, 1, 3, 2], torch.CPU).Dispose();
        data.Decoded.Should().Be(4);
    }

    [Fact]
    public void CastsToTheTypeAskedFor()
    {
        using var images = new PreprocessedImages(new MemoryDataset([0, 0], 1), Small);

        using var batch = images.Batch([1], torch.CPU, torch.ScalarType.BFloat16);
        batch.dtype.Should().Be(torch.ScalarType.BFloat16);

        FluentActions.Invoking(() => images.Batch([1], torch.CPU, torch.ScalarType.Int64)).Should().Throw<ArgumentException>().WithMessage("*floating-point*");
    }

    [Fact]
    public void LabelsAreInt64()
    {
        using var images = new PreprocessedImages(new MemoryDataset([4, 2, 0], 5), Small);

        using var labels = images.Labels([1, 0]);

        labels.dtype.Should().Be(torch.ScalarType.Int64);
        labels.data<long>().ToArray().Should().Equal(2, 4);
    }

    [Fact]
    public void LeavesNoTensorsBehind()
    {
        using var images = new PreprocessedImages(new MemoryDataset([.. new int[4]], 1), Small);
        using (torch.NewDisposeScope()) images.Batch([0], torch.CPU);
        // The first batch made the statistics inside a scope of the caller: they must outlive it.
        images.Batch([1], torch.CPU).Dispose();

        using var scope = torch.NewDisposeScope();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 5; i++) images.Batch([0, 1, 2], torch.CPU).Dispose();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    [Fact]
    public void PassesADamagedPictureOnByName()
    {
        using var images = new PreprocessedImages(new MemoryDataset([.. new int[20]], 1), Small);

        FluentActions.Invoking(() => images.Prepare([.. Enumerable.Range(0, 20)])).Should().Throw<DataException>().WithMessage("picture-13*");
        FluentActions.Invoking(() => images.Batch([13], torch.CPU)).Should().Throw<DataException>().WithMessage("picture-13*");
    }

    [Fact]
    public void RefusesAnotherSizeWhereNothingIsResized()
    {
        using var images = new PreprocessedImages(new MemoryDataset([0], 1, 4, 6), Small with { Resample = null });

        FluentActions.Invoking(() => images.Prepare([0])).Should().Throw<DataException>().WithMessage("memory?0?: expected 6 x 6 *found 4 x 6*");
    }

    [Fact]
    public void StopsWhenAsked()
    {
        using var images = new PreprocessedImages(new MemoryDataset([.. new int[10]], 1), Small);
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        FluentActions.Invoking(() => images.Prepare([0, 1], null, stop.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void RefusesWrongInput()
    {
        var images = new PreprocessedImages(new MemoryDataset([0, 0], 1), Small);
        FluentActions.Invoking(() => images.Batch([], torch.CPU)).Should().Throw<ArgumentException>().WithMessage("*at least one*");
        FluentActions.Invoking(() => images.Batch([2], torch.CPU)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*2 pictures*");
        FluentActions.Invoking(() => new PreprocessedImages(images.Dataset, Small with { Size = 0 })).Should().Throw<ArgumentException>().WithMessage("*Size*");

        images.Dispose();
        FluentActions.Invoking(() => images.Prepare([0])).Should().Throw<ObjectDisposedException>();
    }

    sealed class Counter : IProgressTask
    {
        long steps;

        public long Steps => Interlocked.Read(ref steps);

        public void Advance(long steps = 1) => Interlocked.Add(ref this.steps, steps);

        public void Dispose()
        {
        }
    }
}
