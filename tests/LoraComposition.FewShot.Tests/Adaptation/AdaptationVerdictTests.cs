using LoraComposition.Experiments;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class AdaptationVerdictTests
{
    const string Brackets = "In brackets: 95 % intervals of the difference in points; a difference is called one where McNemar's test, by Holm's correction for the number of methods, has p ≤ 0.05. ";

    [Fact]
    public void SaysByHowMuchTheBestIsBetter() => Report([0.75, 0.7, 0.6], [new("b", 0.05, 0.01, 0.09, 0.01, 0.01), new("c", 0.15, 0.1, 0.2, 0, 0)]).Verdict.Should().Be(
        "a is best: 75.0 % on 200 validation images, better than b (70.0 %) by 5.0 points [1.0, 9.0] and c (60.0 %) by 15.0 points [10.0, 20.0]. " + Brackets
        + "There are no test images; validation accuracy is somewhat too high, since the same images stopped the training and chose the method.");

    [Fact]
    public void ClaimsNoDifferenceThatCannotBeSeen() => Report([0.75, 0.74, 0.6], [new("b", 0.01, -0.03, 0.05, 0.4, 0.4), new("c", 0.15, 0.1, 0.2, 0, 0)]).Verdict.Should().StartWith(
        "No difference can be seen on 200 validation images between a (75.0 %) and b (74.0 %, behind by 1.0 points [-3.0, 5.0]). "
        + "a is kept: none has a lower loss on them (1.000), or as low a one with fewer trained numbers. " + Brackets);

    [Fact]
    public void SaysThatAnotherIsMoreAccurate() => Report([0.75, 0.76, 0.85], [new("b", -0.01, -0.05, 0.03, 0.4, 0.4), new("c", -0.1, -0.2, -0.05, 0, 0)]).Verdict.Should().StartWith(
        "No difference can be seen on 200 validation images between a (75.0 %) and b (76.0 %, ahead by 1.0 points [-5.0, 3.0]). "
        + "More accurate than a (75.0 %) on 200 validation images, with a higher loss: c (85.0 %, by 10.0 points). a is kept: none has a lower loss");

    [Fact]
    public void SaysWhatDecidedByAccuracy() => (Report([0.75, 0.74], [new("b", 0.01, -0.03, 0.05, 0.4, 0.4)]) is var report ? report with { Configuration = report.Configuration with { Tuning = TuningOptions.Paper } } : null)!
        .Verdict.Should().Contain("a is kept: none is more accurate, and of those as accurate none has a lower loss");

    [Fact]
    public void SaysThatImagesTookTurns() => (Report([0.75], []) with { CrossValidated = true }).Verdict.Should().Be(
        "a reaches 75.0 % on 200 images learned from, held out in turns; no other method was tried. There are no test images; the accuracy of the best is somewhat too high, since the same images chose it.");

    [Fact]
    public void NamesEveryTiedMethod() => Report([0.75, 0.74, 0.75], [new("b", 0.01, -0.03, 0.05, 0.4, 0.8), new("c", 0, -0.04, 0.04, 1, 1)]).Verdict.Should()
        .Contain("and c (75.0 %, behind by 0.0 points [-4.0, 4.0]) and b (74.0 %");

    /// <summary>Wilson's interval of 80 of 100.</summary>
    [Fact]
    public void ClaimsNothingOfASingleMethod() => (Report([0.75], []) with { Test = new TestScore(100, 0.8, 0.5) }).Verdict.Should().Be(
        "a reaches 75.0 % on 200 validation images; no other method was tried. On 100 test images, used for nothing else, a reaches 80.0 % (95 % interval 71.1 % to 86.7 %).");

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
