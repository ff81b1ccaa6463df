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

    [Fact]
    public void DependsOnTheSeedAlone()
    {
        int[] Drawn(int seed) => [.. FewShotSamples.OfImages(data, 3, 3, seed).Validation];

        Drawn(1).Should().Equal(Drawn(1)).And.NotEqual(Drawn(2));
    }
}
