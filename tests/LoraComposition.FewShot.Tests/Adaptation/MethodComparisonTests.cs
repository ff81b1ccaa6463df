namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class MethodComparisonTests
{
    [Theory]
    [InlineData("1111", "1111", 0, 0, true)]
    [InlineData("1110", "1100", 0.25, 0.25, true)]   // one image alone proves nothing
    [InlineData("1110", "1000", 0.5, 0.35355339, false)]
    [InlineData("111000", "100110", 0, 0.3333333, true)]
    [InlineData("1", "0", 1, 1, true)]
    public void TakesTheErrorFromTheImagesThatOnlyOneGetsRight(string best, string other, double difference, double error, bool tie)
    {
        var comparison = MethodComparison.Of("other", [.. best.Select(c => c == '1')], [.. other.Select(c => c == '1')]);

        comparison.Difference.Should().BeApproximately(difference, 1e-6);
        comparison.StandardError.Should().BeApproximately(error, 1e-6);
        comparison.IsTie.Should().Be(tie);
    }
}
