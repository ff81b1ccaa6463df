using LoraComposition.FewShot.Tests.Data;

namespace LoraComposition.FewShot.Tests.Sampling;

public class FewShotSamplerTests
{
    static readonly int[] Labels = [.. Enumerable.Range(0, 200).Select(i => i % 5)];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-7)]
    public void SetsOfOneSeedAreNested(int seed)
    {
        IEnumerable<int> smaller = [];
        foreach (int? shots in new int?[] { 1, 2, 5, 10, 20, null })
        {
            var split = FewShotSampler.Sample(Labels, 5, shots, seed);

            split.Indices.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems().And.HaveCount(5 * (shots ?? 40));
            smaller.Except(split.Indices).Should().BeEmpty();
            split.Indices.GroupBy(i => Labels[i]).Select(g => g.Count()).Should().AllBeEquivalentTo(shots ?? 40);
            smaller = split.Indices;
        }
    }

    [Fact]
    public void SeedsDiffer() => Enumerable.Range(0, 20).Select(seed => string.Join(' ', FewShotSampler.Sample(Labels, 5, 2, seed).Indices)).Should().OnlyHaveUniqueItems();

    [Fact]
    public void DrawsAreTheSameForEver()
    {
        // Recorded results name their seeds: these numbers must never change.
        FewShotSampler.Sample(Labels, 5, 2, 3).Indices.Should().Equal(3, 11, 48, 55, 105, 121, 144, 167, 169, 187);
    }

    [Fact]
    public void EveryPositionIsDrawnAboutEquallyOften()
    {
        int[] drawn = new int[10];
        for (int seed = 0; seed < 2000; seed++) drawn[FewShotSampler.Sample(new int[10], 1, 1, seed).Indices[0]]++;

        drawn.Should().AllSatisfy(n => n.Should().BeInRange(150, 250));
    }

    [Fact]
    public void OneClassDoesNotDependOnTheOthers()
    {
        int[] more = [.. Labels, 5, 5, 5];

        FewShotSampler.Sample(more, 6, 3, 1).Indices.Where(i => i < 200).Should().Equal(FewShotSampler.Sample(Labels, 5, 3, 1).Indices);
    }

    [Fact]
    public void ShortClassesGiveWhatTheyHave()
    {
        int[] labels = [0, 0, 0, 1, 2, 2, 2, 2];

        var split = FewShotSampler.Sample(labels, 4, 3, 1);

        split.EffectiveShots.Should().Equal(3, 1, 3, 0);
        split.ShortClasses.Should().Equal(1, 3);
        split.Indices.Should().HaveCount(7);
        FewShotSampler.Sample(labels, 4, null, 1).ShortClasses.Should().BeEmpty();
    }

    [Fact]
    public void DrawsFromCandidatesOnlyWhateverTheirOrder()
    {
        int[] candidates = [.. Enumerable.Range(50, 60)];

        var split = FewShotSampler.Sample(Labels, 5, 4, 1, candidates);

        split.Indices.Should().BeSubsetOf(candidates).And.HaveCount(20);
        FewShotSampler.Sample(Labels, 5, 4, 1, [.. candidates.Reverse()]).Indices.Should().Equal(split.Indices);
    }

    [Fact]
    public void DrawsFromADataset()
    {
        var data = new MemoryDataset(Labels, 6);

        FewShotSampler.Sample(data, 2, 1).ShortClasses.Should().Equal(5);
        data.Decoded.Should().Be(0);
    }

    [Fact]
    public void TotalsAreNestedAndTheSameForEver()
    {
        IEnumerable<int> smaller = [];
        foreach (int shots in new[] { 1, 2, 3, 4, 5, 50 })
        {
            var split = FewShotSampler.SampleTotal(50, shots, 3);

            split.Indices.Should().HaveCount(shots).And.OnlyHaveUniqueItems().And.BeInAscendingOrder();
            smaller.Except(split.Indices).Should().BeEmpty();
            smaller = split.Indices;
        }
        FewShotSampler.SampleTotal(50, 5, 3).Indices.Should().Equal(0, 4, 13, 18, 49);
        FewShotSampler.SampleTotal(50, 5, 3, [1, 2, 3]).EffectiveShots.Should().Equal(3);
        FluentActions.Invoking(() => FewShotSampler.SampleTotal(50, 1, 3, [50])).Should().Throw<ArgumentException>().WithMessage("*found 50*");
        FluentActions.Invoking(() => FewShotSampler.SampleTotal(-1, 1, 3)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void RefusesWrongInput()
    {
        FluentActions.Invoking(() => FewShotSampler.Sample(Labels, 5, 0, 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => FewShotSampler.Sample(Labels, 4, 1, 1)).Should().Throw<ArgumentException>().WithMessage("*0 to 3, found 4*");
        FluentActions.Invoking(() => FewShotSampler.Sample(Labels, 5, 1, 1, [1, 200])).Should().Throw<ArgumentException>().WithMessage("*found 200*");
        FluentActions.Invoking(() => FewShotSampler.Sample(Labels, 5, 1, 1, [1, 1])).Should().Throw<ArgumentException>().WithMessage("*twice*");
    }
}
