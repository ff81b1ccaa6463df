namespace LoraComposition.FewShot.Tests.Statistics;

public sealed class McNemarTestTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 0.5)]
    [InlineData(5, 0, 1.0 / 32)]
    [InlineData(6, 1, 9.0 / 128)]  // 2 · 1/128 + 7/128
    [InlineData(1, 6, 9.0 / 128)]
    [InlineData(3, 3, 1)]
    public void TheMidPCountsHalfOfWhatWasSeen(int onlyFirst, int onlySecond, double expected) =>
        McNemarTest.MidP(onlyFirst, onlySecond).Should().BeApproximately(expected, 1e-12);

    /// <summary>2^-5000 is no double; 5000 tosses with 60 more on one side are about 0.85 deviations off: p about 0.4.</summary>
    [Fact]
    public void ManySamplesAreNoTrouble() => McNemarTest.MidP(2530, 2470).Should().BeApproximately(0.396, 0.001);

    /// <summary>With 10.5 and 2.5 of 102: 8/102 ± 1.96 · √(13 − 64/102) / 102.</summary>
    [Fact]
    public void TheIntervalIsThatWorkedOutByHand()
    {
        var (low, high) = McNemarTest.Interval(10, 2, 100);

        low.Should().BeApproximately(0.010842, 1e-6);
        high.Should().BeApproximately(0.146021, 1e-6);
    }

    [Fact]
    public void EqualAnswersAreNotCertainToBeEquallyGood()
    {
        var (low, high) = McNemarTest.Interval(0, 0, 100);

        high.Should().BeApproximately(0.019216, 1e-6);
        low.Should().Be(-high);
    }
}
