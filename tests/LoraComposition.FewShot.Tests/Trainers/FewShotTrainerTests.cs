using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

/// <summary>What a user of the package does, with public members alone.</summary>
public sealed class FewShotTrainerTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 8, TinyModel.ImageSize);
    readonly TuningOptions options = TinyExperiment.Options with { LoraLearningRate = 0.05, ComposerLearningRate = 0.5 };

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("learned")]
    [InlineData("lora")]
    [InlineData("uniform")]
    public void TrainsAndHandsOverModelAdapterHeadWeightsAndHistory(string name)
    {
        ITuningMethod method = TuningMethods.Vision.Find(name)!;
        var samples = FewShotSamples.OfImages(pictures, shots: 3, validationPerClass: 2);
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(method, samples, options);

        trained.Outcome.History.Should().HaveCountGreaterThan(1);
        trained.Outcome.History[0].Step.Should().Be(0);
        trained.Outcome.History.Skip(1).Should().OnlyContain(check => check.TrainingLoss > 0 && check.Validation != null);
        trained.Outcome.BestEpoch.Should().NotBeNull();
        trained.HeadParameters.Should().Be(3 * TinyModel.Width + 3);
        (trained.ToWeights() is null).Should().Be(name == "lora");

        using var adapter = trained.ToAdapter("mine")!;
        adapter.Head!.ClassNames.Should().Equal(pictures.ClassNames);
        using var folder = new TemporaryFolder();
        adapter.Save(folder.Path);
        using var reloaded = LoraAdapter.Load(folder.Path);
        trained.Model.eval();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var images = tiny.Images(pictures);
        var pixels = images.Batch([0, 9, 17], CPU);
        var expected = trained.Model.call(pixels);

        using var again = tiny.BaseModel.Load(["x"], 5);
        again.SetHead(reloaded.Head!);
        again.eval();
        using (Composition.AttachUniform(again, [reloaded])) Difference(again.call(pixels)).Should().BeLessThan(1e-4);
        again.Config.ClassNames.Should().Equal(pictures.ClassNames);

        using var merged = trained.Merge();
        Difference(merged.call(pixels)).Should().BeLessThan(1e-4);
        FluentActions.Invoking(() => trained.ToAdapter("late")).Should().Throw<ObjectDisposedException>();

        double Difference(Tensor found) => (found - expected).abs().max().item<float>();
    }

    /// <summary>A method of one's own: public members are all it needs.</summary>
    [Fact]
    public void TrainsAMethodOfOnesOwn()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(new HalvedUpdates(), FewShotSamples.OfImages(pictures, shots: 2, validationPerClass: 2), options);

        trained.Findings!.Notes.Should().Contain("factor", "0.5");
        trained.ToWeights()!.Layers.Values.Should().OnlyContain(weights => weights.All(weight => weight == 0.5));
        trained.Outcome.Steps.Should().BePositive();
    }

    [Fact]
    public void AMethodThatComposesSaysThatThereIsNothingToCompose()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures);

        FluentActions.Invoking(() => trainer.Train(new LearnedComposition(), FewShotSamples.OfImages(pictures, 2, 2)))
            .Should().Throw<ArgumentException>().WithMessage("*'learned' composes modules, and none are given*");
    }

    /// <summary>Few images are asked for of a large data set, so few rows are held.</summary>
    [Fact]
    public void FeaturesAreHeldForWhatIsAskedFor()
    {
        var large = new FractalDataset([.. Enumerable.Range(0, 100)], 100, TinyModel.ImageSize);
        using var images = tiny.Images(large);
        using var model = tiny.BaseModel.Load(["a"], 0);
        using var bank = new FeatureBank(model, images, 4);

        using (bank.Features([5, 9_000, 5])) bank.Capacity.Should().BeLessThan(100);
        using (bank.Features([.. Enumerable.Range(0, 40)])) bank.Capacity.Should().BeInRange(41, 100);
    }

    sealed class HalvedUpdates : ITuningMethod
    {
        public string Name => "halved";

        public StartingPoint Start { get; } = new HalfStart();

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
            new CompositionTuning(Attach(model, modules), findings: _ => new TuningFindings { Notes = new Dictionary<string, string> { ["factor"] = "0.5" } });

        static Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachWeighted(model, modules, [.. modules.Select(_ => 0.5)]);

        sealed record HalfStart : StartingPoint
        {
            public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => HalvedUpdates.Attach(model, modules);
        }
    }
}
