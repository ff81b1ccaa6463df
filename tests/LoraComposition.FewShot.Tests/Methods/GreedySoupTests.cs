using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class GreedySoupTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 12, TinyModel.ImageSize);
    readonly TuningOptions options = new() { EvaluationBatchSize = 5 };

    public void Dispose() => tiny.Dispose();

    FewShotSamples Samples(int validation, int seed) => FewShotSamples.OfImages(pictures, 3, Math.Max(1, validation), seed) is var drawn && validation > 0
        ? drawn : drawn with { Validation = [] };

    /// <summary>Against the procedure of the paper, done by hand over scores of sets; the seeds are such that sets of several sizes are kept.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    public void KeepsAModuleWhereTheHeldOutLossFalls(int validation)
    {
        var sizes = new HashSet<int>();
        for (int seed = 0; seed < 4; seed++)
        {
            using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
            var samples = Samples(validation, seed);
            double Loss(params int[] set)
            {
                // Of two candidates that are the same the scores are those of the held-out parts.
                using var scored = trainer.Train(new Mean(set, twice: true), samples, options);
                return scored.Candidates[0].Validation.Loss;
            }
            int[] order = [.. new[] { 0, 1, 2 }.OrderBy(module => Loss(module))];
            int[] kept = [order[0]];
            foreach (int module in order.Skip(1))
            {
                int[] larger = [.. kept.Append(module).Order()];
                if (Loss(larger) < Loss(kept)) kept = larger;
            }

            using var trained = trainer.Train(new GreedySoup(), samples, options);

            trained.Findings!.Notes["kept"].Should().Be(string.Join(", ", kept.Select(module => tiny.Modules[module].Name)), $"seed {seed}");
            trained.ToWeights()!.AdapterNames.Should().Equal(kept.Select(module => tiny.Modules[module].Name));
            trained.Method.Start.Should().Be(StartingPoint.MeanOf(kept));
            trained.Remarks.Should().BeEmpty();
            sizes.Add(kept.Length);
        }
        sizes.Should().HaveCountGreaterThan(1, "otherwise the test would not see what is kept");
    }

    [Fact]
    public void WithNothingToChooseByItTakesAllAndSaysSo()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(new GreedySoup(), FewShotSamples.OfImages(pictures, 1, 1) with { Validation = [] }, options);

        trained.Findings!.Notes["kept"].Should().Be("first, second, third");
        trained.Remarks.Should().Contain("Method 'greedy-soup' had nothing to choose by, as a class has only one sample: the mean of all 3 modules was taken.");
    }

    [Fact]
    public void ABudgetEndsTheSearchAndSaysSo()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(new GreedySoup(), Samples(6, 0), options with { Budget = TimeSpan.FromTicks(1) });

        trained.Findings!.Notes["kept"].Should().Be("first");
        trained.Remarks.Should().Contain("The budget ended the search of 'greedy-soup' after 1 of 5 trials.");
    }

    [Fact]
    public void WithoutATrainerItChoosesNothing()
    {
        using var model = tiny.BaseModel.Load(["a"], 0);

        new GreedySoup().Invoking(method => method.Begin(model, tiny.Modules, options, 0)).Should().Throw<ArgumentException>().WithMessage("Method 'greedy-soup' begins with one module, found 3*");
    }

    [Fact]
    public void MeansOfTheSameModulesAreOneStart()
    {
        StartingPoint.MeanOf([0, 2]).Should().Be(StartingPoint.MeanOf([0, 2])).And.NotBe(StartingPoint.MeanOf([0, 1]));
        StartingPoint.MeanOf([0, 2]).GetHashCode().Should().Be(StartingPoint.MeanOf([0, 2]).GetHashCode());
        StartingPoint.MeanOf([1]).Should().Be(StartingPoint.SingleModule(1));
        foreach (int[] wrong in new int[][] { [], [-1, 0], [1, 1], [2, 0] })
            FluentActions.Invoking(() => StartingPoint.MeanOf(wrong)).Should().Throw<ArgumentException>().WithMessage("Expected ascending positions*");
    }

    /// <summary>The mean of some modules, as two candidates.</summary>
    sealed class Mean(int[] set, bool twice) : ITuningMethod
    {
        public string Name => "mean";

        public StartingPoint Start { get; } = StartingPoint.MeanOf(set);

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options) => twice ? [new Mean(set, false), new Mean(set, false)] : [this];

        public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
            new CompositionTuning(Composition.AttachUniform(model, [.. set.Select(module => modules[module])], trainHead: true));
    }
}
