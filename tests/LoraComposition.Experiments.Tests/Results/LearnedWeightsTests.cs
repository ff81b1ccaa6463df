using System.Text.Json;
using LoraComposition.Models;

namespace LoraComposition.Experiments.Tests.Results;

public class LearnedWeightsTests
{
    [Fact]
    public void ReadsWeightsInTheOrderOfTheLayers()
    {
        var weights = Read(new { modules = new[] { "a", "b" }, weights = new Dictionary<string, double[]> { ["z"] = [0.2, 0.8], ["y"] = [0.4, 0.6] } })!;

        weights.AdapterNames.Should().Equal("a", "b");
        weights.Layers.Select(l => l.Key).Should().Equal("z", "y");
        weights.MeanOf("a").Should().BeApproximately(0.3, 1e-12);
        weights.MeanOf("b").Should().BeApproximately(0.7, 1e-12);
        weights.Invoking(w => w.MeanOf("c")).Should().Throw<ArgumentException>().WithMessage("*'c'*");
        weights.ShareOf("a").Should().BeApproximately(0.3, 1e-12, "a softmax's weights are shares");
        weights.Roles.Should().BeEmpty("earlier versions recorded none");
    }

    [Fact]
    public void TheShareOfAFreeCoefficientIsThatOfItsSize()
    {
        var weights = Read(new { modules = new[] { "a", "b" }, weights = new Dictionary<string, double[]> { ["z"] = [-0.5, 1.5], ["y"] = [0, 0] } })!;

        weights.ShareOf("a").Should().BeApproximately(0.125, 1e-12);
        weights.ShareOf("b").Should().BeApproximately(0.375, 1e-12);
    }

    [Fact]
    public void WhatIsRecordedIsRead()
    {
        var weights = new CompositionWeights(["b", "a"], [KeyValuePair.Create("y", (IReadOnlyList<double>)[0.1, 0.9]), KeyValuePair.Create("x", (IReadOnlyList<double>)[1 / 3.0, 2 / 3.0])],
            [KeyValuePair.Create("y", LinearRole.FeedForwardIn), KeyValuePair.Create("x", LinearRole.Query)]);

        foreach (object recorded in new object[] { LearnedWeights.ToRecord(weights), new { chosen = LearnedWeights.ToRecord(weights), candidates = Array.Empty<int>() } })
        {
            var read = LearnedWeights.Read(ConfigurationHash.ToJson(new { trained = recorded }), "run.json")!;
            read.AdapterNames.Should().Equal("b", "a");
            read.Layers.Should().BeEquivalentTo(weights.Layers, o => o.WithStrictOrdering());
            read.Roles.Should().BeEquivalentTo(weights.Roles);
        }
    }

    [Fact]
    public void ARunThatLearnedNoneHasNone()
    {
        Read(null).Should().BeNull();
        Read(new { module = "a" }).Should().BeNull();
        LearnedWeights.Read(null, "run.json").Should().BeNull();
        LearnedWeights.Read(ResultOf.Run("lora", 1, 0, 0.5).Details, "run.json").Should().BeNull();
    }

    [Fact]
    public void WeightsThatDoNotFitAreRefused()
    {
        foreach (object trained in new object[]
        {
            new { modules = new[] { "a" }, weights = new Dictionary<string, double[]> { ["z"] = [0.2, 0.8] } },
            new { modules = new[] { "a" }, weights = new Dictionary<string, string[]> { ["z"] = ["x"] } },
            new { modules = Array.Empty<string>(), weights = new Dictionary<string, double[]>() },
            new { weights = new Dictionary<string, double[]> { ["z"] = [0.2, 0.8] } },
            new { modules = 3, weights = 4 },
            new { modules = new[] { "a" }, weights = new Dictionary<string, double[]> { ["z"] = [1] }, roles = new Dictionary<string, string> { ["z"] = "tail" } },
            new { modules = new[] { "a" }, weights = new Dictionary<string, double[]> { ["z"] = [1] }, roles = new Dictionary<string, string> { ["y"] = "query" } },
            new { modules = new[] { "a" }, weights = new Dictionary<string, double[]> { ["z"] = [1] }, roles = 5 },
        })
            FluentActions.Invoking(() => Read(trained)).Should().Throw<RunFileException>().WithMessage("run.json: the learned weights*");
    }

    static CompositionWeights? Read(object? trained) => LearnedWeights.Read(JsonSerializer.SerializeToElement(new { trained }), "run.json");
}
