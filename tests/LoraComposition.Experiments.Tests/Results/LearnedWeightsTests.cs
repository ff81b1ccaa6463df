using System.Text.Json;

namespace LoraComposition.Experiments.Tests.Results;

public class LearnedWeightsTests
{
    [Fact]
    public void ReadsWeightsInTheOrderOfTheLayers()
    {
        var weights = LearnedWeights.Of(Result(new { modules = new[] { "a", "b" }, weights = new Dictionary<string, double[]> { ["z"] = [0.2, 0.8], ["y"] = [0.4, 0.6] } }))!;

        weights.Modules.Should().Equal("a", "b");
        weights.Layers.Select(l => l.Key).Should().Equal("z", "y");
        weights.Means().Should().HaveCount(2);
        weights.Means()[0].Should().BeApproximately(0.3, 1e-12);
        weights.Means()[1].Should().BeApproximately(0.7, 1e-12);
    }

    [Fact]
    public void ARunThatLearnedNoneHasNone()
    {
        LearnedWeights.Of(Result(null)).Should().BeNull();
        LearnedWeights.Of(ResultOf.Run("lora", 1, 0, 0.5)).Should().BeNull();
    }

    [Fact]
    public void WeightsThatDoNotFitAreRefused()
    {
        foreach (object trained in new object[]
        {
            new { modules = new[] { "a" }, weights = new Dictionary<string, double[]> { ["z"] = [0.2, 0.8] } },
            new { modules = new[] { "a" }, weights = new Dictionary<string, string[]> { ["z"] = ["x"] } },
            new { modules = Array.Empty<string>(), weights = new Dictionary<string, double[]>() },
            new { modules = 3, weights = 4 },
        })
            FluentActions.Invoking(() => LearnedWeights.Of(Result(trained))).Should().Throw<RunFileException>().WithMessage("learned-k001-seed0.json*");
    }

    static RunResult Result(object? trained) => ResultOf.Run("learned", 1, 0, 0.5) with { Details = JsonSerializer.SerializeToElement(new { trained }) };
}
