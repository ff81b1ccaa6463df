using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Trainers;

/// <summary>The default protocol: fitted heads, flips, choice by held-out loss.</summary>
public sealed class CandidateChoiceTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);
    readonly TuningOptions options = new()
    {
        Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3 },
        Lora = new LoraOptions { Rank = 2 },
        EvaluationBatchSize = 5,
    };

    public void Dispose() => tiny.Dispose();

    ImageTrainer Trainer() => new(tiny.BaseModel, pictures, tiny.Modules);

    FewShotSamples Samples(int shots, int validation) => FewShotSamples.OfImages(pictures, shots, Math.Max(1, validation)) is var drawn && validation > 0
        ? drawn : drawn with { Validation = [] };

    [Fact]
    public void AutoKeepsTheCandidateOfTheLowestLossOnTheValidationPart()
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new AutomaticChoice(), Samples(3, 3), options);

        trained.Candidates.Select(c => c.Method).Should().Equal("uniform", "classifier", "single-1", "single-2", "single-3", "unconstrained-model", "uniform+lora",
            "unconstrained-model+lora");
        var best = trained.Candidates.MinBy(c => c.Validation.Loss)!;
        trained.Method.Name.Should().Be(best.Method);
        trained.Outcome.Validation.Should().Be(best.Validation);
        trained.Head!.Choice.Should().Be(HeadChoice.Validation);
    }

    [Fact]
    public void WithoutAValidationPartItCrossValidatesAndTrainsOnAllOfTheSupportSet()
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new AutomaticChoice(), Samples(3, 0), options);
        using var again = trainer.Train(new AutomaticChoice(), Samples(3, 0), options);

        trained.Candidates.Should().HaveCount(8).And.OnlyContain(c => c.Validation.Loss > 0 && c.Validation.Accuracy <= 1);
        trained.Method.Name.Should().Be(trained.Candidates.MinBy(c => c.Validation.Loss)!.Method);
        trained.Outcome.Validation?.Loss.Should().BePositive();
        trained.Head!.Choice.Should().Be(HeadChoice.CrossValidation);
        again.Candidates.Select(c => c.Validation).Should().Equal(trained.Candidates.Select(c => c.Validation), "same seed, same numbers");
    }

    [Fact]
    public void OneSampleAClassFallsBackToFixedSettingsAndSaysSo()
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new AutomaticChoice(), Samples(1, 0), options);

        trained.Method.Name.Should().Be("uniform");
        trained.Candidates.Should().BeEmpty();
        trained.Head!.Choice.Should().Be(HeadChoice.Fixed);
        trained.Remarks.Should().HaveCount(2);
        trained.Remarks[0].Should().Contain("penalty is the fixed 30");
        trained.Remarks[1].Should().Contain("nothing to choose by").And.Contain("'uniform' was taken");
    }

    [Fact]
    public void ABudgetEndsTheSearchAfterTheFirstCandidateAtLeast()
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new AutomaticChoice(), Samples(3, 3), options with { Budget = TimeSpan.FromTicks(1) });

        trained.Candidates.Should().ContainSingle().Which.Method.Should().Be("uniform");
        trained.Remarks.Should().ContainSingle().Which.Should().MatchRegex("^The budget of .* ended the search: 7 candidates were not tried\\.$");
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("uniform+lora")]
    [InlineData("unconstrained-model")]
    [InlineData("unconstrained-model+lora")]
    [InlineData("learned-block")]
    public void TrainsExportsAndLeavesNoTensorBehind(string name)
    {
        var method = TuningMethods.Compositions.Append(new UniformComposition()).ToArray().Find(name)!;
        using var trainer = Trainer();
        void Run()
        {
            using var trained = trainer.Train(method, Samples(3, 3), options);
            using var adapter = trained.ToAdapter("mine")!;
            adapter.Head.Should().NotBeNull();
            adapter.Layers.Values.First().Rank.Should().Be(tiny.Modules.Sum(m => m.Layers.Values.First().Rank) + (name.EndsWith("+lora") ? 2 : 0));
        }

        Run();
        long loading = Left(() => tiny.BaseModel.Load(["a", "b", "c"], 0).Dispose());
        (Left(Run) - loading).Should().BeLessThanOrEqualTo(0);

        static long Left(Action work)
        {
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            work();
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }
    }

    [Fact]
    public void CoefficientsAreDrawnToTheirStart()
    {
        using var trainer = Trainer();
        double Moved(double penalty)
        {
            var training = options.Training with { Steps = 30, Checks = 1 };
            using var trained = trainer.Train(new UnconstrainedComposition(WeightSharing.Model), Samples(3, 0),
                options with { Training = training, CoefficientPenalty = penalty });
            return trained.ToWeights()!.Layers.Values.First().Max(weight => Math.Abs(weight - 1.0 / 3));
        }

        Moved(0).Should().BeGreaterThan(5 * Moved(1e5));
    }
}
