using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;
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

        trained.Candidates.Select(c => c.Method).Should().Equal("uniform", "classifier", "single-1", "single-2", "single-3", "unconstrained-model@1", "unconstrained-model@30",
            "uniform+lora", "unconstrained-model+lora@1", "unconstrained-model+lora@30");
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

        trained.Candidates.Should().HaveCount(10).And.OnlyContain(c => c.Validation.Loss > 0 && c.Validation.Accuracy <= 1);
        trained.Method.Name.Should().Be(trained.Candidates.MinBy(c => c.Validation.Loss)!.Method);
        trained.Outcome.Validation?.Loss.Should().BePositive();
        trained.Head!.Choice.Should().Be(HeadChoice.CrossValidation);
        again.Candidates.Select(c => c.Validation).Should().Equal(trained.Candidates.Select(c => c.Validation), "same seed, same numbers");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public void ThePenaltyOfCoefficientsIsChosenByHeldOutLoss(int validation)
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new UnconstrainedComposition(WeightSharing.Model), Samples(3, validation), options with { CoefficientPenalties = [0, 7, 1e6] });

        trained.Candidates.Select(c => c.Method).Should().Equal("unconstrained-model@0", "unconstrained-model@7", "unconstrained-model@1000000");
        trained.Candidates.Select(c => c.Validation.Loss).Should().OnlyHaveUniqueItems();
        trained.Method.Name.Should().Be(trained.Candidates.MinBy(c => c.Validation.Loss)!.Method);
    }

    public static TheoryData<ITuningMethod> Starting { get; } = new() { new UnconstrainedComposition(WeightSharing.Model), new UnconstrainedComposition(residual: true),
        new LearnedComposition(), new LearnedComposition(WeightSharing.Block) };

    /// <summary>Steps this small leave the weights where they start.</summary>
    [Theory]
    [MemberData(nameof(Starting), DisableDiscoveryEnumeration = true)]
    public void StartsWhereTheFittedHeadHasTheLowestHeldOutLoss(ITuningMethod method)
    {
        using var trainer = Trainer();
        var samples = Samples(3, 3);
        var still = options with { ComposerLearningRate = 1e-12, CoefficientLearningRate = 1e-12, ResidualLearningRate = 1e-12, HeadLearningRate = 1e-12, CoefficientPenalties = [1] };
        double Loss(ITuningMethod start)
        {
            // What a start is worth is what a head alone reaches over it.
            using var trained = trainer.Train(new HeadOver(start.Start), samples, still);
            return trained.Outcome.Validation!.Value.Loss;
        }
        var starts = method.Starts(3);
        double[] losses = [.. starts.Select(Loss)];
        int best = Array.IndexOf(losses, losses.Min());

        using var trained = trainer.Train(method, samples, still);

        starts.Should().HaveCount(4).And.OnlyContain(start => start.Name == method.Name);
        losses.Should().OnlyHaveUniqueItems();
        trained.Method.Start.Should().Be(starts[best].Start);
        trained.Head!.HeldOut!.Value.Loss.Should().Be(losses[best]);
        trained.Outcome.Validation!.Value.Loss.Should().BeApproximately(losses[best], 1e-4, "the model computes what the head was fitted over");
        trained.Findings!.Start.Should().Be(best == 0 ? null : tiny.Modules[best - 1].Name);
        double[] weights = [.. trained.ToWeights()!.Layers.Values.First()];
        double largest = best == 0 ? 1.0 / 3 : method is LearnedComposition ? 0.9 : 1;
        weights[Math.Max(0, best - 1)].Should().BeApproximately(largest, 1e-5);
        weights.Sum().Should().BeApproximately(1, 1e-5);
    }

    [Fact]
    public void ThePapersProtocolStartsFromTheMean()
    {
        using var trainer = Trainer();
        using var trained = trainer.Train(new LearnedComposition(), Samples(3, 3), TuningOptions.Paper with { Training = options.Training, WarmUpEpochs = 1 });

        trained.Method.Start.Should().Be(StartingPoint.UniformComposition);
    }

    [Fact]
    public void MethodsThatStartAlikeShareAHead()
    {
        var log = new CollectingLogger();
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules, logger: log);
        var samples = Samples(3, 3);
        foreach (var method in (ITuningMethod[])[new UniformComposition(), new BestSingleModule(), new UnconstrainedComposition(), new UniformComposition(residual: true)])
            trainer.Train(method, samples, options).Dispose();
        int Fitted() => log.At(LogLevel.Information).Count(line => line.Contains("head fitted"));
        Fitted().Should().Be(4, "the mean and three modules are four starts");

        trainer.Train(new UniformComposition(), Samples(2, 3), options).Dispose();
        Fitted().Should().Be(5, "other samples have other heads");
        trainer.Train(new UniformComposition(), samples with { }, options with { Head = new HeadOptions { Penalties = [1] } }).Dispose();
        Fitted().Should().Be(6, "and so have other settings");
    }

    sealed class HeadOver(StartingPoint start) : ITuningMethod
    {
        public string Name => "head";

        public StartingPoint Start => start;

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) => new ClassifierTuning().Begin(model, modules, options, seed);
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
        trained.Remarks.Should().ContainSingle().Which.Should().MatchRegex("^The budget of .* ended the search: 9 candidates were not tried\\.$");
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
                options with { Training = training, CoefficientPenalties = [penalty] });
            var weights = trained.ToWeights()!;
            return weights.AdapterNames.Zip(weights.Layers.Values.First())
                .Max(pair => Math.Abs(pair.Second - (trained.Findings!.Start is { } start ? start == pair.First ? 1 : 0 : 1.0 / 3)));
        }

        Moved(0).Should().BeGreaterThan(5 * Moved(1e5));
    }
}
