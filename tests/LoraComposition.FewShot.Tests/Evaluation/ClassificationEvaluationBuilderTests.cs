namespace LoraComposition.FewShot.Tests.Evaluation;

public class ClassificationEvaluationBuilderTests
{
    static readonly string[] names = ["a", "b", "c", "d"];

    // Six samples of three classes; none is of d.
    static readonly (int Label, double[] Probabilities)[] samples =
    [
        (0, [0.61, 0.19, 0.1, 0.1]),
        (0, [0.2, 0.5, 0.2, 0.1]),
        (1, [0.1, 0.81, 0.05, 0.04]),
        (2, [0.05, 0.9, 0.04, 0.01]),
        (2, [0.1, 0.1, 0.7, 0.1]),
        (0, [0.22, 0.71, 0.04, 0.03]),
    ];

    static ClassificationEvaluation Evaluate(int mostMistakes = 24)
    {
        var builder = new ClassificationEvaluationBuilder(names, mostMistakes);
        foreach (var (index, (label, probabilities)) in samples.Index()) builder.Add(10 + index, $"s{index}", label, [.. probabilities.Select(p => Math.Log(p))]);
        return builder.Build();
    }

    [Fact]
    public void AccuracyHasWilsonsInterval()
    {
        var found = Evaluate();

        (found.Count, found.Correct, found.Accuracy).Should().Be((6, 3, 0.5));
        found.AccuracyLow.Should().BeApproximately(0.187616, 1e-6);
        found.AccuracyHigh.Should().BeApproximately(0.812384, 1e-6);
    }

    [Fact]
    public void LossIsTheMeanOfTheOwnClassesLogarithms() =>
        // −(ln 0.61 + ln 0.2 + ln 0.81 + ln 0.04 + ln 0.7 + ln 0.22) / 6
        Evaluate().Loss.Should().BeApproximately(7.4041338 / 6, 1e-6);

    [Fact]
    public void EveryClassHasItsScores()
    {
        var found = Evaluate();

        found.Classes.Should().Equal(new ClassScore("a", 3, 1, 1), new ClassScore("b", 1, 4, 1), new ClassScore("c", 2, 1, 1), new ClassScore("d", 0, 0, 0));
        found.Classes.Select(score => score.Precision).Should().Equal(1, 0.25, 1, null);
        found.Classes.Select(score => score.Recall).Should().Equal(1.0 / 3, 1, 0.5, null);
        found.Classes.Select(score => score.F1).Should().Equal(0.5, 0.4, 2.0 / 3, null);
        found.MacroPrecision.Should().BeApproximately(0.75, 1e-12);
        found.MacroRecall.Should().BeApproximately(11.0 / 18, 1e-12);
        found.MacroF1.Should().BeApproximately((0.5 + 0.4 + 2.0 / 3) / 3, 1e-12);
    }

    [Fact]
    public void AClassThatIsNeverGivenHasNoPrecisionAndCountsAsNothing()
    {
        var builder = new ClassificationEvaluationBuilder(["a", "b"]);
        builder.Add(0, "s", 0, [0, 1]);

        var found = builder.Build();

        found.Classes[0].Should().BeEquivalentTo(new { Precision = (double?)null, Recall = 0.0, F1 = 0.0 });
        (found.MacroPrecision, found.MacroF1, found.Classes[1].F1).Should().Be((0, 0, 0.0));
    }

    [Fact]
    public void TheMatrixHasARowForEachTrueClass()
    {
        var found = Evaluate();

        found.Confusion.Should().BeEquivalentTo((int[][])[[1, 2, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], o => o.WithStrictOrdering());
        found.MostConfused(9).Should().Equal(new ClassConfusion("a", "b", 2), new ClassConfusion("c", "b", 1));
        found.MostConfused(1).Should().ContainSingle();
    }

    /// <summary>0.7 and 0.71 share a bin, in which one of two is right; all others are alone in theirs.</summary>
    [Fact]
    public void CalibrationComparesProbabilityAndAccuracyByBins()
    {
        var found = Evaluate();

        found.ExpectedCalibrationError.Should().BeApproximately((0.39 + 0.5 + 0.19 + 0.9 + Math.Abs(1 - 1.41)) / 6, 1e-9);
        found.Reliability.Should().HaveCount(15);
        found.Reliability.Sum(bin => bin.Count).Should().Be(6);
        var shared = found.Reliability[10];
        (shared.Low, shared.High, shared.Count, shared.Accuracy).Should().Be((10.0 / 15, 11.0 / 15, 2, 0.5));
        shared.Probability.Should().BeApproximately(0.705, 1e-9);
        found.Reliability[0].Should().Be(new CalibrationBin(0, 1.0 / 15, 0, null, null));
    }

    [Fact]
    public void ABinHoldsItsUpperEnd()
    {
        var builder = new ClassificationEvaluationBuilder(["a", "b", "c"]);
        builder.Add(0, "sure", 0, [0, -1000, -1000]);
        builder.Add(1, "even", 0, [0, 0, 0]);

        var found = builder.Build();

        found.Reliability[14].Count.Should().Be(1);
        found.Reliability[4].Count.Should().Be(1, "a third is the upper end of the fifth bin");
    }

    [Fact]
    public void TheWorstMistakesAreTheSurestOnes()
    {
        Evaluate().WorstMistakes.Select(m => (m.Sample, m.Name, m.TrueClass, m.GivenClass, Math.Round(m.Probability, 9), Math.Round(m.TrueProbability, 9)))
            .Should().Equal((13, "s3", "c", "b", 0.9, 0.04), (15, "s5", "a", "b", 0.71, 0.22), (11, "s1", "a", "b", 0.5, 0.2));
        Evaluate(mostMistakes: 1).WorstMistakes.Should().ContainSingle().Which.Name.Should().Be("s3");
    }

    [Fact]
    public void AProbabilityOfNothingHasAFiniteLoss()
    {
        var builder = new ClassificationEvaluationBuilder(["a", "b"]);
        builder.Add(0, "far", 0, [0, 1000]);

        builder.Build().Loss.Should().Be(1000);
        builder.Build().WorstMistakes[0].TrueProbability.Should().Be(0);
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        var builder = new ClassificationEvaluationBuilder(["a", "b"]);

        FluentActions.Invoking(() => builder.Add(0, "s", 2, [0, 1])).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => builder.Add(0, "s", 0, [0])).Should().Throw<ArgumentException>().WithMessage("Expected 2 logits, found 1.*");
        FluentActions.Invoking(() => builder.Add(0, "s", 0, [0, double.NaN])).Should().Throw<ArgumentException>().WithMessage("The logit of class 'b' is NaN*");
        builder.Invoking(b => b.Build()).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => new ClassificationEvaluationBuilder([])).Should().Throw<ArgumentException>();
    }
}
