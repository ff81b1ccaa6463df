namespace LoraComposition.Experiments.Tests.Results;

public class SummaryReadingTests
{
    const string Basis = "In brackets: paired 95 % t intervals over the seeds.";

    static IReadOnlyList<string> Read(params IEnumerable<RunResult>[] runs)
    {
        RunResult[] all = [.. runs.SelectMany(r => r)];
        return SummaryReading.Of(Summary.Of(all, ["classifier", "lora", "uniform", "learned"]), all, ["lora", "classifier"]);
    }

    /// <summary>Over uniform: 10, 11 and 9 points, ± 4.30265 · 1 / √3.</summary>
    [Fact]
    public void The_highest_is_compared_with_the_next_and_the_references() =>
        Read(
            ResultOf.Runs("classifier", 5, 0, 0.40, 0.42, 0.41), ResultOf.Runs("lora", 5, 9, 0.50, 0.52, 0.53),
            ResultOf.Runs("uniform", 5, 0, 0.70, 0.72, 0.74), ResultOf.Runs("learned", 5, 108, 0.80, 0.83, 0.83))
            .Should().Equal("K = 5: learned has the highest mean, 82.00 % (3 runs); learned is better than uniform by 10.00 points [7.52, 12.48]; "
                + "learned is better than lora by 30.33 points [28.90, 31.77]; learned is better than classifier by 41.00 points [38.52, 43.48].", Basis);

    [Fact]
    public void A_reference_that_comes_next_is_said_once() =>
        Read(ResultOf.Runs("lora", null, 9, 0.50, 0.52), ResultOf.Runs("uniform", null, 0, 0.3, 0.3), ResultOf.Runs("learned", null, 108, 0.80, 0.84))[0]
            .Should().StartWith("K = all: learned has the highest mean, 82.00 % (2 runs); ").And.Contain("lora").And.NotContain("uniform");

    /// <summary>One point apart on average, 2 and 0 with the seeds: within ± 12.7062 · √2 / √2.</summary>
    [Fact]
    public void What_chance_would_make_is_no_difference() =>
        Read(ResultOf.Runs("uniform", 1, 0, 0.60, 0.62), ResultOf.Runs("learned", 1, 108, 0.62, 0.62))
            .Should().Equal("K = 1: learned has the highest mean, 62.00 % (2 runs); no difference can be seen between learned and uniform (1.00 points [-11.71, 13.71]).", Basis);

    [Fact]
    public void A_single_seed_has_no_interval() =>
        Read(ResultOf.Runs("uniform", 1, 0, 0.6), ResultOf.Runs("learned", 1, 108, 0.7))
            .Should().Equal("K = 1: learned has the highest mean, 70.00 % (1 run); learned is above uniform by 10.00 points (one seed: how much of it is chance is unknown).");

    [Fact]
    public void With_bits_a_single_seed_has_one()
    {
        static RunResult Run(string method, int right) => ResultOf.Run(method, 1, 0, right / 50.0) with { TestCount = 50, Correct = CorrectSamples.Encode([.. Enumerable.Range(0, 50).Select(i => i < right)]) };

        Read([Run("uniform", 20)], [Run("learned", 30)]).Should().Equal(
            "K = 1: learned has the highest mean, 60.00 % (1 run); learned is better than uniform by 20.00 points [10.00, 32.00].",
            "In brackets: paired 95 % intervals by bootstrap over test samples; there is one seed.");
    }

    [Fact]
    public void All_that_share_the_highest_mean_are_named()
    {
        Read(ResultOf.Runs("uniform", 1, 0, 0.5, 0.75), ResultOf.Runs("learned", 1, 108, 0.75, 0.5), ResultOf.Runs("lora", 1, 9, 0.25, 0.25))[0]
            .Should().StartWith("K = 1: uniform and learned have the same highest mean, 62.50 % (2 runs); no difference can be seen between uniform and lora (37.50 points [");
        Read(ResultOf.Runs("uniform", 1, 0, 0.5), ResultOf.Runs("learned", 1, 108, 0.5)).Should().Equal("K = 1: uniform and learned have the same highest mean, 50.00 % (1 run).");
    }

    [Fact]
    public void Missing_results_and_where_one_is_better_than_all_are_said()
    {
        var sentences = Read(
            ResultOf.Runs("lora", 1, 9, 0.9, 0.9), ResultOf.Runs("learned", 1, 108, 0.8, 0.8),
            ResultOf.Runs("learned", 5, 108, 0.8, 0.8),
            ResultOf.Runs("lora", 10, 9, 0.7, 0.7, 0.7), ResultOf.Runs("learned", 10, 108, 0.8, 0.81, 0.82));

        sentences.Should().HaveCount(5);
        sentences[1].Should().Be("K = 5: only learned was run: 80.00 % (2 runs). No result for lora.");
        sentences[3].Should().Be("Better than every other method, out of 3 values of K: learned at K = 10.");
        Read(ResultOf.Runs("lora", 1, 9, 0.9), ResultOf.Runs("learned", 1, 108, 0.8), ResultOf.Runs("lora", 5, 9, 0.9), ResultOf.Runs("learned", 5, 108, 0.8))[^1]
            .Should().Be("At none of 2 values of K is one method better than every other.");
    }
}
