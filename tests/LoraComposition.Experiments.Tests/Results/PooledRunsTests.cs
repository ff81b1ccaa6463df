using System.Text.Json;

namespace LoraComposition.Experiments.Tests.Results;

public sealed class PooledRunsTests
{
    static ExperimentResults Task(string name, params RunResult[] runs) => new("runs", [.. runs.Select(run => run with { Key = new RunKey(name, run.Key.Method, run.Key.Shots, run.Key.Seed) })],
        Summary.Of(runs, []));

    static RunResult Run(string method, int seed, params bool[] correct) => ResultOf.Run(method, 5, seed, correct.Count(c => c) / (double)correct.Length) with
    {
        TestCount = correct.Length,
        Correct = CorrectSamples.Encode(correct),
    };

    [Fact]
    public void TestSamplesOfAllTasksCountAlike()
    {
        var pooled = PooledRuns.Of("both", [Task("a", Run("lora", 0, true, false), Run("uniform", 0, true, true)), Task("b", Run("lora", 0, true, true, true, false) with { PeakMemoryMiB = 128 }, Run("uniform", 0, false, false, false, true) with { PeakMemoryMiB = null })], ["uniform", "lora"]);

        pooled.Runs.Should().HaveCount(2);
        var lora = pooled.Runs.Single(run => run.Key.Method == "lora");
        lora.Key.Should().Be(new RunKey("both", "lora", 5, 0));
        lora.Accuracy.Should().BeApproximately(4 / 6.0, 1e-12);
        lora.TestCount.Should().Be(6);
        CorrectSamples.Of(lora).Should().Equal(true, false, true, true, true, false);
        lora.Timings["train"].Should().Be(2.5);
        lora.PeakMemoryMiB.Should().Be(128, "one task after the other was run");
        pooled.Runs.Single(run => run.Key.Method == "uniform").PeakMemoryMiB.Should().BeNull("one of its results tells none");
        pooled.Summary.Methods.Should().Equal("uniform", "lora");
        pooled.Summary.Find("uniform", 5)!.Mean.Should().BeApproximately(0.5, 1e-12);
    }

    [Fact]
    public void ARunThatATaskLacksIsLeftOut()
    {
        var pooled = PooledRuns.Of("both", [Task("a", Run("lora", 0, true), Run("lora", 1, true)), Task("b", Run("lora", 1, false))], []);

        pooled.Runs.Select(run => run.Key.Seed).Should().Equal(1);
        FluentActions.Invoking(() => PooledRuns.Of("none", [], [])).Should().Throw<ArgumentException>().WithMessage("*no task*");
    }

    [Fact]
    public void ResultsThatDoNotSayWhichSamplesWereRightStillHaveAScore()
    {
        var pooled = PooledRuns.Of("both", [Task("a", Run("lora", 0, true)), Task("b", Run("lora", 0, false) with { Correct = null })], []);

        pooled.Runs.Single().Accuracy.Should().Be(0.5);
        pooled.Runs.Single().Correct.Should().BeNull();
    }

    /// <summary>A method that chooses trains what it has chosen, another in each run.</summary>
    [Fact]
    public void RunsOfAChoiceMayDifferInWhatTheyTrained()
    {
        static RunResult Choice(int seed, long parameters) => ResultOf.Run("auto", 5, seed, 0.5, parameters) with { Details = JsonSerializer.SerializeToElement(new { trained = new { method = "uniform", candidates = Array.Empty<int>() } }) };

        Summary.Of([Choice(0, 4), Choice(1, 110_000)], []).Rows.Single().TrainableParameters.Should().Be(110_000);
        FluentActions.Invoking(() => Summary.Of([ResultOf.Run("lora", 5, 0, 0.5, 4), ResultOf.Run("lora", 5, 1, 0.5, 5)], [])).Should().Throw<ArgumentException>();
    }
}
