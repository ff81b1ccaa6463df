namespace LoraComposition.Experiments.Tests.Statistics;

public class PairedBootstrapTests
{
    /// <summary>
    /// Of 50 samples the first method alone gets 10 right: a draw holds a number of these that is binomial, 50 times 0.2, whose ends of 2.5 % are 5 and 16.
    /// </summary>
    [Fact]
    public void OneSeedVariesByItsSamples()
    {
        var paired = Of(50, (sample => sample < 30, sample => sample is >= 10 and < 30));

        paired.Difference.Should().BeApproximately(0.2, 1e-12);
        paired.Interval.Should().Be(new ConfidenceInterval(0.1, 0.32));
        paired.PValue.Should().BeLessThan(0.002);
    }

    /// <summary>One seed says all, the other nothing: of two seeds drawn again both are the one in a quarter of the draws, and so the other.</summary>
    [Fact]
    public void SeedsAreDrawnAgainToo()
    {
        var paired = Of(20, (_ => true, _ => false), (_ => true, _ => true));

        paired.Difference.Should().Be(0.5);
        paired.Interval.Should().Be(new ConfidenceInterval(0, 1));
        paired.PValue.Should().BeInRange(0.4, 0.6);
    }

    /// <summary>The methods differ in every sample, one way in half of them: drawn apart the two would vary twice as much, drawn together by ± 2 · 0.5 / √100.</summary>
    [Fact]
    public void BothMethodsGetTheSameSamples()
    {
        var paired = Of(100, (sample => sample < 50, sample => sample >= 50));

        paired.Interval!.Value.Low.Should().BeInRange(-0.22, -0.18);
        paired.Interval.Value.High.Should().BeInRange(0.18, 0.22);
        paired.PValue.Should().BeGreaterThan(0.9);
    }

    [Fact]
    public void EqualAnswersDoNotDiffer()
    {
        var paired = Of(10, (sample => sample < 7, sample => sample < 7));

        (paired.Interval, paired.PValue).Should().Be((new ConfidenceInterval(0, 0), 1));
    }

    [Fact]
    public void TheSameResultsGiveTheSameInterval()
    {
        static PairedDifference Once() => Of(101, (s => s % 3 == 0, s => s % 4 == 0), (s => s % 2 == 0, s => s % 5 == 0));

        Once().Should().Be(Once());
    }

    [Fact]
    public void WhatIsNotKnownIsNotGuessed()
    {
        PairedBootstrap.TryOf(0, [new(0.5, 0.5)]).Should().BeNull();
        PairedBootstrap.TryOf(0, [new(0.5, 0.5, ([true, false], [true, false])), new(1, 1, ([true], [true]))]).Should().BeNull();
    }

    static PairedDifference Of(int samples, params (Func<int, bool> First, Func<int, bool> Second)[] seeds) => PairedDifference.Of([.. seeds.Select(seed =>
    {
        bool[] first = [.. Enumerable.Range(0, samples).Select(seed.First)], second = [.. Enumerable.Range(0, samples).Select(seed.Second)];
        return new PairedScores(first.Count(b => b) / (double)samples, second.Count(b => b) / (double)samples, (first, second));
    })]);
}
