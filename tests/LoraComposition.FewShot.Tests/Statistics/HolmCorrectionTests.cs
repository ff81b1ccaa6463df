namespace LoraComposition.FewShot.Tests.Statistics;

public sealed class HolmCorrectionTests
{
    /// <summary>4 · 0.005, 3 · 0.01, 2 · 0.03, then not less than the one before: 0.06.</summary>
    [Fact]
    public void TheSmallestIsMultipliedMost() =>
        HolmCorrection.Adjust([0.01, 0.04, 0.03, 0.005]).Should().SatisfyRespectively(Is(0.03), Is(0.06), Is(0.06), Is(0.02));

    [Fact]
    public void NothingIsMoreThanCertain() => HolmCorrection.Adjust([0.6, 0.9]).Should().Equal(1, 1);

    [Fact]
    public void OneAloneStays() => HolmCorrection.Adjust([0.04]).Should().Equal(0.04);

    [Fact]
    public void NoneIsNone() => HolmCorrection.Adjust([]).Should().BeEmpty();

    static Action<double> Is(double expected) => value => value.Should().BeApproximately(expected, 1e-12);
}
