using LoraComposition.Experiments.Tests.Results;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class GridSearchTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void ChoosesByTheMeanOnTheValidationPart()
    {
        // A task without test images: the search cannot touch them.
        var task = tiny.Task("task", [0, 1, 2], tested: false);
        using var runner = new ImageFewShotRunner(tiny.BaseModel, task, tiny.Modules, TinyExperiment.ModuleKeys, 5);
        var work = GridSearch.List([new ClassifierTuning(), new LearnedComposition()], TinyExperiment.Options, [1, 2], [0, 1]);

        var results = new FewShotExperiment("tiny-grid", runner, new RunStore(tiny.RunFolder)).Run(work, NullProgressReporter.Instance);
        var choices = GridSearch.Choose(work, results);

        work.Should().HaveCount(2 * 5 * 2 * 2);
        results.Should().OnlyContain(r => r.TestCount == task.Validation.Count && r.Accuracy == r.ValidationAccuracy);
        choices.Should().HaveCount(10);
        foreach (var method in choices.GroupBy(c => c.Method.Name))
        {
            var chosen = method.Single(c => c.Chosen);
            method.Should().OnlyContain(c => c.Accuracy < chosen.Accuracy || (c.Accuracy == chosen.Accuracy && c.Loss >= chosen.Loss));
        }
        var point = choices.Single(c => c.Name == "learned-rate-x3");
        point.Accuracy.Should().BeApproximately(results.Where(r => r.Key.Method == "learned-rate-x3").Average(r => r.Accuracy), 1e-12);
        point.Options.ComposerLearningRate.Should().BeApproximately(3 * TinyExperiment.Options.ComposerLearningRate, 1e-12);
        choices.Where(c => c.Method is LearnedComposition).Select(c => c.Accuracy + c.Loss).Distinct().Should().HaveCountGreaterThan(1, "the rates differ in what they give");
    }

    [Theory]
    [InlineData(StoppingCriterion.Loss, "lora-rate-x3")]
    [InlineData(StoppingCriterion.Accuracy, "lora-rate-x10")]
    public void ComparesWhatTheTrainingsStopBy(StoppingCriterion criterion, string expected)
    {
        var options = new TuningOptions { Training = new TrainingOptions { Criterion = criterion } };
        var work = GridSearch.List([new LoraFromScratch()], options, [1], [0, 1]);

        var choices = GridSearch.Choose(work, [.. work.Select(w => ResultOf.Run(w.Name, 1, w.Seed, w.Name == "lora-rate-x10" ? 0.6 : 0.5) with
        {
            Scores = new Dictionary<string, double> { ["loss"] = w.Name == "lora-rate-x3" ? 0.9 : 1 },
        })]);

        choices.Single(c => c.Chosen).Name.Should().Be(expected);
    }

    [Fact]
    public void AmongEqualsTheRateStaysAsItIs()
    {
        var work = GridSearch.List([new LoraFromScratch()], new TuningOptions(), [1], [0]);

        var choices = GridSearch.Choose(work, [.. work.Select(w => ResultOf.Run(w.Name, 1, 0, 0.5) with { Scores = new Dictionary<string, double> { ["loss"] = 1 } })]);

        choices.Single(c => c.Chosen).Name.Should().Be("lora-rate-x1");
    }

    [Fact]
    public void WhatHasNothingToChooseIsLeftOut() => GridSearch.List([new ZeroShot()], new TuningOptions(), [1], [0]).Should().BeEmpty();

    [Theory]
    [InlineData("classifier")]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("uniform")]
    [InlineData("learned")]
    public void ThePointsOfAMethodHaveNamesForFiles(string name)
    {
        var points = TuningGrid.PointsOf(TuningMethods.Vision.Find(name)!, new TuningOptions());

        points.Select(p => p.Name).Should().OnlyHaveUniqueItems().And.OnlyContain(n => n.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        points[0].Options.Should().Be(new TuningOptions());
    }
}
