namespace LoraComposition.Experiments.Tests.Results;

public class RunComparisonTests
{
    /// <summary>p is 0.04 alone and 0.08 among two.</summary>
    [Fact]
    public void ManyComparisonsAreManyChances()
    {
        RunResult[] runs = [.. ResultOf.Runs("a", 1, 0, 0.618, 0.628, 0.638), .. ResultOf.Runs("b", 1, 0, 0.6, 0.6, 0.6), .. ResultOf.Runs("c", 1, 0, 0.6, 0.6, 0.6)];

        var alone = RunComparison.Of(runs, 1, "a", ["b"]).Single();
        var among = RunComparison.Of(runs, 1, "a", ["b", "c"])[0];

        alone.AdjustedPValue.Should().BeApproximately(0.04, 1e-4);
        alone.Sentence().Should().Be("a is better than b by 2.80 points [0.32, 5.28]");
        among.AdjustedPValue.Should().BeApproximately(0.08, 2e-4);
        among.Sentence().Should().Be("no difference can be seen between a and b (2.80 points [0.32, 5.28], since of 2 comparisons one may look so by chance (Holm))");
    }

    [Fact]
    public void OnlySeedsThatBothHaveAreCompared()
    {
        RunResult[] runs = [.. ResultOf.Runs("a", 1, 0, 0.5, 0.7), ResultOf.Run("b", 1, 1, 0.6, 0), ResultOf.Run("c", 1, 9, 0.6, 0)];

        var found = RunComparison.Of(runs, 1, "a", ["b", "c"]);

        found.Should().ContainSingle().Which.Paired.Should().BeEquivalentTo(new { Seeds = 1 });
        found[0].Sentence().Should().Be("a is above b by 10.00 points (one seed: how much of it is chance is unknown)");
    }

    [Fact]
    public void TheOneThatIsBetterIsNamedFirst()
    {
        RunResult[] runs = [.. ResultOf.Runs("a", 1, 0, 0.1, 0.11, 0.12), .. ResultOf.Runs("b", 1, 0, 0.5, 0.52, 0.51)];

        RunComparison.Of(runs, 1, "a", ["b"]).Single().Sentence().Should().StartWith("b is better than a by 40.00 points [37");
    }

    [Fact]
    public void SeedsThatAgreeHaveNoInterval() =>
        RunComparison.Of([.. ResultOf.Runs("a", 1, 0, 0.5, 0.6), .. ResultOf.Runs("b", 1, 0, 0.4, 0.5)], 1, "a", ["b"]).Single().Sentence()
            .Should().Be("a is above b by 10.00 points (the same with every seed: no interval)");

    [Fact]
    public void WhatIsTheSameIsNoDifference() =>
        RunComparison.Of([.. ResultOf.Runs("a", 1, 0, 0.5), .. ResultOf.Runs("b", 1, 0, 0.5)], 1, "a", ["b"]).Single().Sentence()
            .Should().Be("no difference can be seen between a and b (0.00 points)");
}
