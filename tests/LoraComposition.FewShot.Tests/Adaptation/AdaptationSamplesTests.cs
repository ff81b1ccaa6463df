using LoraComposition.Experiments;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class AdaptationSamplesTests
{
    readonly FractalDataset data = new([0, 1, 2], 10, 8);

    [Fact]
    public void HoldsOutOtherImagesThanThoseLearnedFrom()
    {
        var samples = FewShotSamples.OfImages(data, shots: 4, validationPerClass: 5, seed: 3);

        samples.Support.EffectiveShots.Should().Equal(4, 4, 4);
        samples.ValidationCounts.Should().Equal(5, 5, 5);
        samples.Validation.Should().HaveCount(15).And.BeInAscendingOrder().And.NotIntersectWith(samples.Support.Indices);
        samples.Validation.GroupBy(data.Label).Should().OnlyContain(group => group.Count() == 5);
        samples.Warning.Should().BeNull();
    }

    [Fact]
    public void TakesWhatIsThereWhereAClassHasFewerToSpare() => FewShotSamples.OfImages(data, shots: 8, validationPerClass: 5, seed: 3).ValidationCounts.Should().Equal(2, 2, 2);

    [Theory]
    [InlineData(10, 5)]
    [InlineData(12, 5)]
    [InlineData(4, 0)]
    public void HoldsOutNothingWhereNothingIsLeftOrWanted(int shots, int validation)
    {
        var samples = FewShotSamples.OfImages(data, shots, validation, seed: 3);

        samples.Support.Indices.Should().HaveCount(3 * Math.Min(10, shots));
        samples.Validation.Should().BeEmpty();
        samples.ValidationCounts.Should().Equal(0, 0, 0);
        if (validation == 0) samples.Warning.Should().BeNull();
        else samples.Warning.Should().Contain($"no image is left to compare methods on, so the images learned from take turns for it: no class has more than 10, {shots} are learned from; {shots + 5} in each would be better.");
    }

    [Fact]
    public void DependsOnTheSeedAlone()
    {
        int[] Drawn(int seed) => [.. FewShotSamples.OfImages(data, 3, 3, seed).Validation];

        Drawn(1).Should().Equal(Drawn(1)).And.NotEqual(Drawn(2));
    }
}
