namespace LoraComposition.FewShot.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void RisesInEqualSteps()
    {
        double[] rise = Factors(100, 0.1)[..10];

        rise.Should().BeInAscendingOrder();
        for (int i = 1; i < rise.Length; i++) (rise[i] - rise[i - 1]).Should().BeApproximately(rise[0], 1e-12);
        rise[^1].Should().BeLessThan(1);
    }

    [Fact]
    public void FallsAsACosine()
    {
        double[] fall = Factors(100, 0.1)[10..];

        fall[0].Should().Be(1);
        fall.Should().BeInDescendingOrder().And.OnlyHaveUniqueItems();
        fall[45].Should().BeApproximately(0.5, 1e-12);
        fall[30].Should().BeApproximately(0.75, 1e-12);
        fall[^1].Should().BePositive().And.BeLessThan(0.001);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.1)]
    [InlineData(3, 0.5)]
    [InlineData(7, 0.99)]
    [InlineData(25, 0.1)]
    [InlineData(1000, 0)]
    public void EveryStepMoves(int steps, double warmUp) => Factors(steps, warmUp).Should().OnlyContain(factor => factor > 0 && factor <= 1);

    [Fact]
    public void StartsInFullWithoutWarmUp()
    {
        double[] factors = Factors(10, 0);

        factors[0].Should().Be(1);
        factors[5].Should().BeApproximately(0.5, 1e-12);
        factors.Should().BeInDescendingOrder().And.OnlyHaveUniqueItems();
    }

    static double[] Factors(int steps, double warmUp) => [.. Enumerable.Range(0, steps).Select(step => LearningRateSchedule.Factor(step, steps, warmUp))];
}
