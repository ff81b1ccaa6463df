using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Preprocessing;

public sealed class PictureViewTests
{
    [Fact]
    public void EachPictureIsSeenAsItsViewSays()
    {
        using var scope = NewDisposeScope();
        const int size = 5;
        var pixels = arange(4 * 3 * size * size, dtype: ScalarType.Float32).reshape(4, 3, size, size);
        PictureView[] views = [PictureView.Plain, new(true, 0, 0), new(false, 2, -1), new(true, -1, 2)];

        var seen = PictureView.Apply(pixels.clone(), views);

        seen.shape.Should().Equal(4, 3, size, size);
        for (int picture = 0; picture < views.Length; picture++)
            for (int channel = 0; channel < 3; channel++)
                for (int y = 0; y < size; y++)
                    for (int x = 0; x < size; x++)
                        seen[picture, channel, y, x].item<float>().Should().Be(Expected(pixels, views[picture], picture, channel, y, x));
    }

    // The content moves by (Down, Right): what is at a place now was at the place before it; past the edge the lines repeat in reverse, the outermost once.
    static float Expected(Tensor pixels, PictureView view, int picture, int channel, int y, int x)
    {
        const int last = 4;
        int from = Inside(y - view.Down), column = Inside(x - view.Right);
        return pixels[picture, channel, from, view.Mirrored ? last - column : column].item<float>();
        static int Inside(int line) => line switch { < 0 => -line, > last => last - (line - last), _ => line };
    }

    [Fact]
    public void PicturesSeenAsTheyAreAreNotCopied()
    {
        using var pixels = ones(2, 3, 4, 4);

        PictureView.Apply(pixels, [PictureView.Plain, PictureView.Plain]).Should().BeSameAs(pixels);
    }

    [Fact]
    public void CropsReachEveryMoveUpToAnEighthOfTheSide()
    {
        var random = new SeededRandom(RandomStream.Augmentation, 1);

        PictureView[] views = [.. Enumerable.Range(0, 2000).Select(_ => PictureView.Draw(ImageAugmentation.FlipAndCrop, 48, random))];

        views.Select(view => view.Down).Distinct().Order().Should().Equal(Enumerable.Range(-6, 13));
        views.Select(view => view.Right).Distinct().Order().Should().Equal(Enumerable.Range(-6, 13));
        views.Count(view => view.Mirrored).Should().BeInRange(900, 1100);
    }

    [Theory]
    [InlineData(ImageAugmentation.None, 1)]
    [InlineData(ImageAugmentation.Flip, 2)]
    [InlineData(ImageAugmentation.FlipAndCrop, 6)]
    public void AHeadLearnsFromThePlainPictureFirstAndFromAsManyMirroredOnes(ImageAugmentation augmentation, int count)
    {
        var views = PictureView.Of(augmentation, 48);

        views.Should().OnlyHaveUniqueItems().And.HaveCount(count);
        views[0].Should().Be(PictureView.Plain);
        views.Count(view => view.Mirrored).Should().Be(count / 2);
        (views.Sum(view => view.Down), views.Sum(view => view.Right)).Should().Be((0, 0), "no direction is preferred");
    }
}
