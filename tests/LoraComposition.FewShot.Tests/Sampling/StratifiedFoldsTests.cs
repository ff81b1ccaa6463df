namespace LoraComposition.FewShot.Tests.Sampling;

public sealed class StratifiedFoldsTests
{
    [Fact]
    public void EverySampleIsHeldOutOnceAndEveryClassIsSpreadEvenly()
    {
        int[] labels = [.. Enumerable.Range(0, 40).Select(i => i % 4)];

        int[][] folds = StratifiedFolds.Of(labels, 4, 5, seed: 3);

        folds.Should().HaveCount(5);
        folds.SelectMany(fold => fold).Order().Should().Equal(Enumerable.Range(0, 40));
        folds.Should().OnlyContain(fold => fold.Select(i => labels[i]).CountBy(label => label).All(count => count.Value == 2));
        StratifiedFolds.Of(labels, 4, 5, seed: 3).Should().BeEquivalentTo(folds, options => options.WithStrictOrdering());
        StratifiedFolds.Of(labels, 4, 5, seed: 4).Should().NotBeEquivalentTo(folds, options => options.WithStrictOrdering());
    }

    [Fact]
    public void ThereAreNoMoreThanTheSmallestClassHasSamples() =>
        StratifiedFolds.Of([0, 0, 0, 1, 1], 2, 5, seed: 0).Should().HaveCount(2).And.OnlyContain(fold => fold.Any(i => i >= 3));

    [Fact]
    public void AClassOfOneSampleCannotBeHeldOut() => StratifiedFolds.Of([0, 0, 0, 1], 2, 5, seed: 0).Should().BeEmpty();
}
