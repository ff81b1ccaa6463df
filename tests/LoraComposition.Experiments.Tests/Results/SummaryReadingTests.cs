namespace LoraComposition.Experiments.Tests.Results;

public class SummaryReadingTests
{
    static IReadOnlyList<string> Read(params IEnumerable<RunResult>[] runs) => SummaryReading.Of(Summary.Of(runs.SelectMany(r => r), ["classifier", "lora", "uniform", "learned"]), ["lora", "classifier"]);

    [Fact]
    public void The_winner_is_compared_with_the_runner_up_and_the_references() =>
        Read(
            ResultOf.Runs("classifier", 5, 0, 0.40, 0.42), ResultOf.Runs("lora", 5, 9, 0.50, 0.52),
            ResultOf.Runs("uniform", 5, 0, 0.70, 0.72), ResultOf.Runs("learned", 5, 108, 0.80, 0.82))
            .Should().Equal("K = 5: learned won with 81.00 % (2 runs), 10.00 points over the runner-up uniform, 30.00 points over lora and 40.00 points over classifier.");

    [Fact]
    public void A_reference_that_is_the_runner_up_is_said_once() =>
        Read(ResultOf.Runs("lora", null, 9, 0.50, 0.52), ResultOf.Runs("uniform", null, 0, 0.3, 0.3), ResultOf.Runs("learned", null, 108, 0.80, 0.82))
            .Should().Equal("K = all: learned won with 81.00 % (2 runs), 30.00 points over the runner-up lora.");

    [Fact]
    public void A_reference_can_win() =>
        Read(ResultOf.Runs("lora", 1, 9, 0.9, 0.9), ResultOf.Runs("classifier", 1, 0, 0.1, 0.1), ResultOf.Runs("learned", 1, 108, 0.8, 0.8))
            .Should().Equal("K = 1: lora won with 90.00 % (2 runs), 10.00 points over the runner-up learned and 80.00 points over classifier.");

    [Fact]
    public void A_difference_within_one_deviation_of_either_is_said_to_be()
    {
        // The winner's spread is 0 and the other's √2 points: one point apart is within it, two points are not.
        Read(ResultOf.Runs("uniform", 1, 0, 0.60, 0.62), ResultOf.Runs("learned", 1, 108, 0.62, 0.62))[0]
            .Should().Be("K = 1: learned won with 62.00 % (2 runs), 1.00 points over the runner-up uniform (within the spread of the seeds).");
        Read(ResultOf.Runs("uniform", 1, 0, 0.60, 0.62), ResultOf.Runs("learned", 1, 108, 0.63, 0.63))[0].Should().EndWith("2.00 points over the runner-up uniform.");
    }

    [Fact]
    public void A_single_seed_has_no_spread()
    {
        Read(ResultOf.Runs("uniform", 1, 0, 0.6), ResultOf.Runs("learned", 1, 108, 0.7))[0]
            .Should().Be("K = 1: learned won with 70.00 % (1 run), 10.00 points over the runner-up uniform (one seed each: the spread is unknown).");
        Read(ResultOf.Runs("uniform", 1, 0, 0.6, 0.6), ResultOf.Runs("learned", 1, 108, 0.7))[0].Should().Contain("one of the two has one seed");
    }

    [Fact]
    public void A_tie_names_all_winners()
    {
        Read(ResultOf.Runs("uniform", 1, 0, 0.5, 0.75), ResultOf.Runs("learned", 1, 108, 0.75, 0.5), ResultOf.Runs("lora", 1, 9, 0.25, 0.25))
            .Should().Equal("K = 1: uniform and learned tie at 62.50 % (2 runs), 37.50 points over the runner-up lora.");
        Read(ResultOf.Runs("uniform", 1, 0, 0.5), ResultOf.Runs("learned", 1, 108, 0.5)).Should().Equal("K = 1: uniform and learned tie at 50.00 % (1 run).");
    }

    [Fact]
    public void Missing_results_and_the_number_of_wins_are_said()
    {
        var sentences = Read(
            ResultOf.Runs("lora", 1, 9, 0.9, 0.9), ResultOf.Runs("learned", 1, 108, 0.8, 0.8),
            ResultOf.Runs("learned", 5, 108, 0.8, 0.8),
            ResultOf.Runs("lora", 10, 9, 0.7, 0.7), ResultOf.Runs("learned", 10, 108, 0.8, 0.8));

        sentences.Should().HaveCount(4);
        sentences[1].Should().Be("K = 5: only learned was run: 80.00 % (2 runs). No result for lora.");
        sentences[3].Should().Be("Best or tied for best, out of 3 values of K: learned 2 and lora 1.");
    }
}
