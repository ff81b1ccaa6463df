namespace LoraComposition.FewShot.Tests.Sampling;

public class BatchOrderTests
{
    static readonly int[] Indices = [.. Enumerable.Range(100, 23)];

    [Fact]
    public void EveryEpochHoldsEverythingOnce()
    {
        var order = new BatchOrder(Indices, 5, 1);

        order.BatchesPerEpoch.Should().Be(5);
        foreach (int epoch in new[] { 0, 1, 7 })
        {
            var batches = order.Epoch(epoch);
            batches.Select(b => b.Length).Should().Equal(5, 5, 5, 5, 3);
            batches.SelectMany(b => b).Order().Should().Equal(Indices);
        }
    }

    [Fact]
    public void EpochsAndSeedsDifferAndRepeat()
    {
        string Order(int seed, int epoch) => string.Join(' ', new BatchOrder(Indices, 5, seed).Epoch(epoch).SelectMany(b => b));

        (from seed in Enumerable.Range(0, 5) from epoch in Enumerable.Range(0, 5) select Order(seed, epoch)).Should().OnlyHaveUniqueItems();
        Order(3, 4).Should().Be(Order(3, 4));
    }

    [Fact]
    public void CountsBatchesThatComeOutEven() => new BatchOrder(Indices[..20], 5, 1).BatchesPerEpoch.Should().Be(4);

    [Fact]
    public void RefusesAnEmptySet() => FluentActions.Invoking(() => new BatchOrder([], 5, 1)).Should().Throw<ArgumentException>().WithMessage("*empty*");
}
