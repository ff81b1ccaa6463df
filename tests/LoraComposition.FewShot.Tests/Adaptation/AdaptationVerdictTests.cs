using LoraComposition.Experiments;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class AdaptationVerdictTests
{
    [Fact]
    public void SaysByHowMuchTheBestIsBetter() => Report([0.75, 0.7, 0.6], [new("b", 0.05, 0.02), new("c", 0.15, 0.03)]).Verdict.Should().Be(
        "a is best: 75.0 % on 200 validation images, 5.0 points above b (70.0 %), which is more than the difference's standard error of 2.0 points. "
        + "There are no test images; validation accuracy is somewhat too high, since the same images stopped the training and chose the method.");

    [Fact]
    public void CallsATieATie() => Report([0.75, 0.74, 0.6], [new("b", 0.01, 0.02), new("c", 0.15, 0.03)]).Verdict.Should().StartWith(
        "A tie: on 200 validation images a (75.0 %) cannot be told from b (74.0 %, behind by 1.0 ± 2.0 points), as the difference is not larger than its standard error. "
        + "a is kept: none is more accurate, and of those as accurate none has a lower loss, or as low a one with fewer trained numbers.");

    [Fact]
    public void NamesEveryTiedMethod() => Report([0.75, 0.74, 0.75], [new("b", 0.01, 0.02), new("c", 0, 0.03)]).Verdict.Should().Contain("from c (75.0 %, behind by 0.0 ± 3.0 points) and b (74.0 %");

    [Fact]
    public void ClaimsNothingOfASingleMethod() => (Report([0.75], []) with { Test = new TestScore(100, 0.8, 0.5) }).Verdict.Should().Be(
        "a reaches 75.0 % on 200 validation images; no other method was tried. On 100 test images, used for nothing else, a reaches 80.0 % (standard error 4.0 points).");

    static AdaptationReport Report(double[] accuracies, MethodComparison[] comparisons) => new()
    {
        Chosen = "a",
        Methods = [.. accuracies.Select((accuracy, i) => new MethodResult
        {
            Method = ((char)('a' + i)).ToString(),
            ValidationAccuracy = accuracy,
            ValidationLoss = 1,
            TrainableParameters = 0,
            HeadParameters = 0,
            Steps = 1,
            BestStep = 1,
            StoppedEarly = false,
            Timings = new Dictionary<string, double>(),
        })],
        Comparisons = comparisons,
        ValidationCount = 200,
        Test = null,
        Warnings = [],
        Classes = [],
        TrainingFiles = [],
        ValidationFiles = [],
        Inputs = new Dictionary<string, string>(),
        Configuration = new AdaptationConfiguration { Seed = 0, Shots = 1, ValidationPerClass = 1, Methods = [], Tuning = new(), Preprocessing = new(), Device = "cpu" },
        Versions = new Dictionary<string, string>(),
        StartedUtc = default,
        Seconds = 0,
    };
}
