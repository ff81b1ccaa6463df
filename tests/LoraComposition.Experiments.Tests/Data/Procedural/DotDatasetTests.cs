namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class DotDatasetTests
{
    [Fact]
    public void EveryPictureShowsAsManyDotsAsItsClassSays()
    {
        var data = new DotDataset([.. Enumerable.Range(0, DotDataset.AvailableClasses)], 5, size: 128);

        for (int i = 0; i < data.Count; i++)
        {
            var image = data.Decode(i);
            // Foreground channels start at 140; background reaches 100, noise 14.
            var bright = Enumerable.Range(0, 128 * 128).Where(p => image.Pixels[3 * p] + image.Pixels[3 * p + 1] + image.Pixels[3 * p + 2] > 360).ToHashSet();
            Regions(bright).Should().Be(data.Label(i) + 1, "of class '{0}'", data.ClassNames[data.Label(i)]);
        }
    }

    [Fact]
    public void NamesSayTheNumber() => new DotDataset([0, 1, 11], 1).ClassNames.Should().Equal("1 dot", "2 dots", "12 dots");

    [Fact]
    public void RefusesMoreDotsThanThereIsRoomFor() => FluentActions.Invoking(() => new DotDataset([DotDataset.AvailableClasses], 1)).Should().Throw<ArgumentOutOfRangeException>();

    static int Regions(HashSet<int> pixels)
    {
        int regions = 0;
        while (pixels.Count > 0)
        {
            regions++;
            var open = new Stack<int>([pixels.First()]);
            while (open.TryPop(out int p))
            {
                if (!pixels.Remove(p)) continue;
                foreach (int next in new[] { p - 1, p + 1, p - 128, p + 128 }) open.Push(next);
            }
        }
        return regions;
    }
}
