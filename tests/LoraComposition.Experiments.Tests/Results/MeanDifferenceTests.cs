namespace LoraComposition.Experiments.Tests.Results;

public class MeanDifferenceTests
{
    /// <summary>0.1 ± 4.30265 · √((0.01² + 0.02²) / 3) = 0.1 ± 0.055547.</summary>
    [Fact]
    public void TheIntervalIsThatWorkedOutByHand()
    {
        var interval = MeanDifference.Interval(new(0.6, 0.01, 3), new(0.5, 0.02, 3))!.Value;

        interval.Low.Should().BeApproximately(0.044453, 1e-6);
        interval.High.Should().BeApproximately(0.155547, 1e-6);
    }

    [Fact]
    public void WhatIsPickedFromManyIsWider() =>
        MeanDifference.Interval(new(0.6, 0.01, 3), new(0.5, 0.02, 3), 3)!.Value.Low.Should().BeLessThan(0.01);

    [Fact]
    public void ASingleRunHasNone() => MeanDifference.Interval(new(0.6, 0.01, 3), new(0.5, 0, 1)).Should().BeNull();
}
