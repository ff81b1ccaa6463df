namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public class PictureCacheTests
{
    readonly List<int> loaded = [];

    [Fact]
    public void ReadsAGroupOnce()
    {
        var cache = new PictureCache(100);

        foreach (int group in new[] { 0, 0, 1, 0, 1 }) Get(cache, group, 10);

        loaded.Should().Equal(0, 1);
    }

    [Fact]
    public void DropsWhatWasNotUsedForLongest()
    {
        var cache = new PictureCache(25);

        foreach (int group in new[] { 0, 1, 0, 2, 0, 1 }) Get(cache, group, 10);

        loaded.Should().Equal(0, 1, 2, 1);
    }

    [Fact]
    public void KeepsTheLastGroupWhateverItsSize()
    {
        var cache = new PictureCache(5);

        foreach (int group in new[] { 0, 0, 1, 1, 0 }) Get(cache, group, 10);

        loaded.Should().Equal(0, 1, 0);
    }

    [Fact]
    public void ServesSeveralThreads()
    {
        var cache = new PictureCache(25);

        Parallel.For(0, 100_000, i => cache.Get(i % 2, i % 7, () => [[(byte)(i % 2), (byte)(i % 7), 0, 0, 0]])[0].Should().StartWith([(byte)(i % 2), (byte)(i % 7)]));
    }

    void Get(PictureCache cache, int group, int size) => cache.Get(0, group, () =>
    {
        loaded.Add(group);
        return [new byte[size], null];
    });
}
