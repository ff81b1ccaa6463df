namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class MethodComparisonTests
{
    [Theory]
    [InlineData("1111", "1111", 0, 1, true)]
    [InlineData("1110", "1100", 0.25, 0.5, true)]    // one image alone proves nothing
    [InlineData("11111", "00000", 1, 0.03125, false)]
    [InlineData("111000", "100110", 0, 1, true)]
    public void CountsTheImagesThatOnlyOneGetsRight(string best, string other, double difference, double value, bool tie)
    {
        var comparison = MethodComparison.OfAll(Bits(best), [("other", Bits(other))]).Single();

        comparison.Difference.Should().BeApproximately(difference, 1e-12);
        comparison.PValue.Should().BeApproximately(value, 1e-12);
        comparison.AdjustedPValue.Should().Be(comparison.PValue);
        comparison.IsTie.Should().Be(tie);
        comparison.Low.Should().BeLessThan(comparison.Difference);
        comparison.High.Should().BeGreaterThanOrEqualTo(comparison.Difference == 1 ? 0.99 : comparison.Difference);
    }

    /// <summary>1/32 is below 0.05, twice as much is not.</summary>
    [Fact]
    public void ManyMethodsAreManyChances()
    {
        var comparisons = MethodComparison.OfAll(Bits("11111"), [("a", Bits("00000")), ("b", Bits("00000"))]);

        comparisons.Should().OnlyContain(c => c.PValue == 0.03125 && c.AdjustedPValue == 0.0625 && c.IsTie);
    }

    static bool[] Bits(string bits) => [.. bits.Select(c => c == '1')];
}
