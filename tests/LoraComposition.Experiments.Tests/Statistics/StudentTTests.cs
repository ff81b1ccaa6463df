namespace LoraComposition.Experiments.Tests.Statistics;

public class StudentTTests
{
    /// <summary>The values of every table of the distribution.</summary>
    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(2, 4.30265)]
    [InlineData(3, 3.18245)]
    [InlineData(4, 2.77645)]
    [InlineData(9, 2.26216)]
    [InlineData(10, 2.22814)]
    [InlineData(30, 2.04227)]
    [InlineData(1000, 1.96234)]
    public void NinetyFivePercentLieWithinThePrintedValue(int freedom, double expected) => StudentT.Within(freedom).Should().BeApproximately(expected, 5e-5);

    [Fact]
    public void OtherPartsHaveOtherValues() => StudentT.Within(10, 0.01).Should().BeApproximately(3.16927, 5e-5);

    [Theory]
    [InlineData(0, 5, 1)]
    [InlineData(1, 1, 0.5)]
    [InlineData(-1, 1, 0.5)]
    [InlineData(3.4641016, 2, 0.0741799)] // 1 − t / √(t² + 2)
    [InlineData(2.22814, 10, 0.05)]
    public void TheTailsAreThoseWorkedOutByHand(double t, int freedom, double expected) => StudentT.TwoSided(t, freedom).Should().BeApproximately(expected, 1e-6);
}
