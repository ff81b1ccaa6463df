namespace LoraComposition.Experiments.Tests.Statistics;

public class PairedDifferenceTests
{
    /// <summary>Differences of 0.02, 0.04 and 0.06: 0.04 ± 4.30265 · 0.02 / √3, t = 3.4641.</summary>
    [Fact]
    public void WithoutBitsItIsThePairedTInterval()
    {
        var paired = PairedDifference.Of([new(0.52, 0.5), new(0.64, 0.6), new(0.76, 0.7)]);

        (paired.Seeds, paired.Basis).Should().Be((3, IntervalBasis.Seeds));
        paired.Difference.Should().BeApproximately(0.04, 1e-12);
        paired.Interval!.Value.Low.Should().BeApproximately(-0.009683, 1e-6);
        paired.Interval.Value.High.Should().BeApproximately(0.089683, 1e-6);
        paired.PValue.Should().BeApproximately(0.0741799, 1e-6);
    }

    [Fact]
    public void OneSeedOrSeedsThatAgreeSayNothingOfTheSpread()
    {
        PairedDifference.Of([new(0.5, 0.25)]).Should().Be(new PairedDifference(0.25, 1, IntervalBasis.None, null, null));
        PairedDifference.Of([new(0.7, 0.6), new(0.6, 0.5)]).Interval.Should().BeNull();
    }

    [Fact]
    public void WithBitsOfEveryRunItIsTheBootstrap()
    {
        bool[] right = [true, true], wrong = [false, true];
        PairedDifference.Of([new(1, 0.5, (right, wrong)), new(1, 1, (right, right))]).Basis.Should().Be(IntervalBasis.SeedsAndSamples);
        PairedDifference.Of([new(1, 0.5, (right, wrong)), new(0.9, 0.8)]).Basis.Should().Be(IntervalBasis.Seeds);
    }
}
