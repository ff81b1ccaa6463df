namespace LoraComposition.Experiments.Tests.Statistics;

public class ConfidenceIntervalTests
{
    /// <summary>4.30265 · 0.1 / √3 = 0.248414.</summary>
    [Fact]
    public void TheMeanOfThreeHasTheIntervalWorkedOutByHand()
    {
        var interval = ConfidenceInterval.OfMean(0.6, 0.1, 3)!.Value;

        interval.Low.Should().BeApproximately(0.351586, 1e-6);
        interval.High.Should().BeApproximately(0.848414, 1e-6);
        interval.HoldsZero.Should().BeFalse();
    }

    [Fact]
    public void OneNumberHasNone() => ConfidenceInterval.OfMean(0.6, 0, 1).Should().BeNull();

    /// <summary>12.7062 · 0.07 / √2 = 0.63.</summary>
    [Fact]
    public void AScoreIsFromZeroToOne() => ConfidenceInterval.OfScore(0.6, 0.07, 2).Should().Be(new ConfidenceInterval(0, 1));

    [Theory]
    [InlineData(-1, 1, true)]
    [InlineData(0, 1, true)]
    [InlineData(-1, 0, true)]
    [InlineData(0.1, 1, false)]
    [InlineData(-1, -0.1, false)]
    public void ZeroIsInOrOut(double low, double high, bool holds) => new ConfidenceInterval(low, high).HoldsZero.Should().Be(holds);
}
