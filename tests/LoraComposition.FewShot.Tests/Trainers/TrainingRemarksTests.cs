using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class TrainingRemarksTests
{
    static readonly TrainingOutcome trained = new(20, 5, new ValidationScore(0.5, 1), false);

    [Fact]
    public void AStartThatWasKeptIsSaid()
    {
        TrainingRemarks.Of(trained with { BestStep = 0 }, null, 1234).Should().Equal("The training kept its start: no state in its 20 steps was better on the validation part, so its 1,234 numbers are as before.");
        TrainingRemarks.Of(trained with { BestStep = 0 }, Found([0.5, 0.5]), 2).Should().ContainSingle().Which.Should().EndWith("its 2 numbers are as before.");
        TrainingRemarks.Of(trained with { Steps = 1, BestStep = 0 }, null, 0).Should().Equal("The training kept its start: its only step was not better on the validation part, so the head is as before.");
    }

    [Theory]
    [InlineData(0.5, 0.5, true)]
    [InlineData(0.5000005, 0.4999995, true)]
    [InlineData(0.50001, 0.49999, false)]
    public void WeightsThatDidNotMoveAreSaid(double one, double other, bool said) =>
        TrainingRemarks.Of(trained, Found([one, other]), 4).Count.Should().Be(said ? 1 : 0);

    [Fact]
    public void WhatChangedNeedsNoRemark()
    {
        TrainingRemarks.Of(trained, null, 10).Should().BeEmpty();
        TrainingRemarks.Of(trained, new TuningFindings { Module = "a" }, 0).Should().BeEmpty();
        TrainingRemarks.Of(TrainingOutcome.Untrained, null, 0).Should().BeEmpty("no step was made");
        TrainingRemarks.Of(trained, Found([1]), 1).Should().BeEmpty("a single module always weighs 1");
        TrainingRemarks.Of(trained, new TuningFindings { Weights = new CompositionWeights(["a", "b"], [new("x", [0.5, 0.5]), new("y", [0.4, 0.6])]) }, 4).Should().BeEmpty("one layer moved");
    }

    [Fact]
    public void TheTrainerLogsThem()
    {
        using var tiny = new TinyExperiment();
        var pictures = new Experiments.FractalDataset([0, 1, 2], 8, TinyModel.ImageSize);
        var logger = new CollectingLogger();
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules, logger: logger);
        // Steps this small leave the first state the best.
        using var model = trainer.Train(new LoraFromScratch(), FewShotSamples.OfImages(pictures, shots: 3, validationPerClass: 2), TinyExperiment.Options with { HeadLearningRate = 1e-12, LoraLearningRate = 1e-12 });

        model.Outcome.BestStep.Should().Be(0);
        string remark = model.Remarks.Should().ContainSingle().Subject;
        logger.At(LogLevel.Warning).Should().Equal($"Method 'lora': {remark}");
    }

    static TuningFindings Found(params double[] weights) =>
        new() { Weights = new CompositionWeights([.. weights.Select((_, n) => $"m{n}")], [new("x", weights), new("y", weights)]) };
}
