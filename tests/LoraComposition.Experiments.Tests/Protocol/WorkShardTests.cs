using CsCheck;

namespace LoraComposition.Experiments.Tests.Protocol;

public class WorkShardTests
{
    [Fact]
    public void ShardsPartitionTheWorkExactly() => Gen.Select(Gen.Int[0, 300], Gen.Int[1, 40]).Sample((length, count) =>
    {
        int[] work = [.. Enumerable.Range(0, length)];
        var shards = Enumerable.Range(1, count).Select(i => new WorkShard(i, count).Of(work)).ToArray();

        shards.SelectMany(s => s).Order().Should().Equal(work);
        shards.Should().OnlyContain(s => s.SequenceEqual(s.Order()), "a shard keeps the order");
        (shards.Max(s => s.Count) - shards.Min(s => s.Count)).Should().BeLessThanOrEqualTo(1);
    }, iter: 300);

    [Fact]
    public void CostlyMethodsAreSpread()
    {
        // 5 methods in turn over 5 shards: dealt in turn, one shard would get all runs of one method.
        int[] methods = [.. Enumerable.Range(0, 100).Select(i => i % 5)];

        for (int i = 1; i <= 5; i++) new WorkShard(i, 5).Of(methods).Distinct().Should().HaveCountGreaterThan(3);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    public void RefusesAPartThatIsNone(int number, int count) => FluentActions.Invoking(() => new WorkShard(number, count)).Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public void TheWholeIsOneShard() => WorkShard.Whole.Of([1, 2, 3]).Should().Equal(1, 2, 3);

    [Fact]
    public void EachPartMakesAllThatIsSharedAndBeginsElsewhere()
    {
        new WorkShard(1, 1).Turns(3).Should().Equal(0, 1, 2);
        new WorkShard(1, 2).Turns(4).Should().Equal(0, 1, 2, 3);
        new WorkShard(2, 2).Turns(4).Should().Equal(2, 3, 0, 1);
        new WorkShard(2, 2).Turns(3).Should().Equal(1, 2, 0);
        new WorkShard(4, 4).Turns(3).Should().Equal(2, 0, 1);
        new WorkShard(1, 2).Turns(0).Should().BeEmpty();
    }

    [Fact]
    public void TheOwnTurnsOfAllPartsAreEverythingOnce() => Gen.Select(Gen.Int[1, 9], Gen.Int[0, 30]).Sample((count, things) =>
    {
        var own = Enumerable.Range(1, count).Select(i => new WorkShard(i, count)).Select(part => part.Turns(things).Take(part.OwnOf(things)).ToArray()).ToArray();

        own.SelectMany(turns => turns).Order().Should().Equal(Enumerable.Range(0, things));
        (own.Max(turns => turns.Length) - own.Min(turns => turns.Length)).Should().BeLessThanOrEqualTo(1);
    }, iter: 300);
}
