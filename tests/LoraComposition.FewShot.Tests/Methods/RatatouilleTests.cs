using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class RatatouilleTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);

    public void Dispose() => tiny.Dispose();

    /// <summary>Against N trainings of one's own: whole updates, not factors, are averaged.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AveragesTheTunedUpdates(bool paper)
    {
        var options = (paper ? TuningOptions.Paper with { WarmUpEpochs = 2 } : new TuningOptions()) with
        {
            Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 2 },
            LoraLearningRate = 0.02,
        };
        var samples = FewShotSamples.OfImages(pictures, 3, 3);
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        LoraAdapter[] tuned = [.. Enumerable.Range(0, 3).Select(module =>
        {
            using var one = trainer.Train(new Continued(module), samples, options);
            return one.ToAdapter($"{module}")!;
        })];

        using var trained = trainer.Train(new Ratatouille(), samples, options);

        using var scope = NewDisposeScope();
        using var adapter = trained.ToAdapter("mine")!;
        foreach (var (path, update) in adapter.Layers)
        {
            var mean = tuned.Select(module => module.Layers[path].ToDense()).Aggregate((a, b) => a + b) / 3;
            var before = tiny.Modules.Select(module => module.Layers[path].ToDense()).Aggregate((a, b) => a + b) / 3;
            (update.ToDense() - mean).abs().max().item<float>().Should().BeLessThan(1e-5f);
            (mean - before).abs().max().item<float>().Should().BeGreaterThan(1e-3f, "training changed the modules");
        }
        adapter.Layers.Values.First().Rank.Should().Be(6);
        foreach (var module in tuned) module.Dispose();
    }

    sealed class Continued(int module) : ITuningMethod
    {
        public string Name => "continued";

        public StartingPoint Start { get; } = StartingPoint.SingleModule(module);

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
        {
            var tuning = LoraTuning.Continue(model, modules[module]);
            return new ParameterTuning(new TrainableGroup(tuning.TrainableParameters(), options.LoraLearningRate, options.WeightDecay), tuning);
        }
    }
}
