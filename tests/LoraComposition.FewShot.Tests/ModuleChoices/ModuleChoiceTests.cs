using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.ModuleChoices;

public sealed class ModuleChoiceTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly TinyTextExperiment texts = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 20, TinyModel.ImageSize);
    readonly TuningOptions options = new() { EvaluationBatchSize = 4 };

    public void Dispose()
    {
        tiny.Dispose();
        texts.Dispose();
    }

    /// <summary>
    /// The classes are those that a linear function of the features under one module gives, as if that module had been trained for them; each of six in turn. By chance
    /// the six places sum to 15. The gradient looks no further than a step from the mean, so it is asked about small updates.
    /// </summary>
    [Theory]
    [InlineData("gradient", 0.05, 6)]
    [InlineData("held-out", 0.05, 1)]
    [InlineData("features", 0.05, 4)]
    [InlineData("held-out", 0.5, 0)]
    [InlineData("features", 0.5, 0)]
    public void TheModuleOfTheTaskStandsAtTheTop(string name, double scaling, int places)
    {
        using var model = tiny.BaseModel.Load(["a"], 0);
        using var modules = new AdapterCollection(Enumerable.Range(0, 6).Select(n => Module(model, n, scaling)));
        var unlabelled = new FractalDataset([.. Enumerable.Range(0, 10)], 18, TinyModel.ImageSize);
        int[] found = [.. Enumerable.Range(0, 6).Select(ours =>
        {
            using var task = new PreprocessedImages(new Relabelled(unlabelled, Thirds(modules[ours], unlabelled)), tiny.BaseModel.Preprocessing);
            using var trainer = new ImageTrainer(tiny.BaseModel, task, modules);
            var ranked = trainer.ChooseModules(Choice(name), FewShotSamples.OfImages(task.Dataset, 20, 20), 6, options);
            ranked.Select(module => module.Module).Should().BeEquivalentTo(Enumerable.Range(0, 6));
            ranked.Select(module => module.Score).Should().BeInDescendingOrder();
            ranked.Should().OnlyContain(module => module.Name == modules[module.Module].Name);
            return ranked.Select(module => module.Module).ToList().IndexOf(ours);
        })];

        found.Sum().Should().BeLessThanOrEqualTo(places, string.Join(", ", found));
    }

    /// <summary>Hundreds of modules are read and ranked in parts, so what a part leaves behind would add up.</summary>
    [Fact]
    public void ModulesReadAndRankedLeaveNoTensorBehind()
    {
        string folder = tiny.Folder["read"];
        foreach (var module in tiny.Modules) module.Save(Path.Combine(folder, module.Name));
        using var images = tiny.Images(pictures);
        var samples = FewShotSamples.OfImages(pictures, 3, 0);
        long Left(int parts)
        {
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            for (int part = 0; part < parts; part++)
            {
                using var modules = LoraAdapter.LoadAll(folder);
                using var trainer = new ImageTrainer(tiny.BaseModel, images, modules);
                trainer.ChooseModules(new FeatureAlignment(), samples, 3, options);
            }
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }

        Left(1);
        long loading;
        {
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            tiny.BaseModel.Load(pictures.ClassNames, 0).Dispose();
            loading = DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }
        Left(4).Should().Be(4 * loading, "a part loads the base once, and adds nothing to what loading leaves to the collector");
    }

    /// <summary>Against autograd through free coefficients for the whole model.</summary>
    [Fact]
    public void TheGradientIsThatOfTheWeights()
    {
        var questions = texts.Questions(QuestionPart.Train, 12);
        var samples = FewShotSamples.OfQuestions(questions.Dataset, 5, 4);
        using var trainer = new TextTrainer(texts.BaseModel, questions, texts.Modules);
        using var model = texts.BaseModel.Load();
        using var composition = Composition.AttachUnconstrained(model, texts.Modules, WeightSharing.Model);
        model.eval();
        using var scope = NewDisposeScope();
        TextEvaluator.Loss(model, questions, samples.Support.Indices).backward();
        double[] expected = [.. composition.TrainableParameters().Single().grad!.data<float>().Select(slope => (double)slope)];

        var found = trainer.ChooseModules(new WeightGradient(), samples, 3, options with { EvaluationBatchSize = 5 });

        foreach (var ranked in found) ranked.Score.Should().BeApproximately(-expected[ranked.Module], 1e-4 * expected.Max(Math.Abs));
        expected.Max(Math.Abs).Should().BeGreaterThan(1e-3);
    }

    /// <summary>Of images, in batches, with a head fitted over the mean: against the slope of the loss itself.</summary>
    [Fact]
    public void TheGradientOfImagesIsTheSlopeOfTheLoss()
    {
        var samples = FewShotSamples.OfImages(pictures, 3, 3);
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var images = tiny.Images(pictures);
        using var uniform = trainer.Train(new UniformComposition(), samples, options);
        double Loss(int module, double step)
        {
            using var head = uniform.ToAdapter("head")!;
            using var model = tiny.BaseModel.Load(pictures.ClassNames, 0);
            model.SetHead(head.Head!);
            using var attached = Composition.AttachWeighted(model, tiny.Modules, [.. Enumerable.Range(0, 3).Select(n => 1.0 / 3 + (n == module ? step : 0))]);
            return Evaluator.OnImages(model, images, samples.Support.Indices, 4).Loss;
        }

        var found = trainer.ChooseModules(new WeightGradient(), samples, 3, options);

        foreach (var ranked in found)
            ranked.Score.Should().BeApproximately(-(Loss(ranked.Module, 5e-3) - Loss(ranked.Module, -5e-3)) / 1e-2, 0.02 * found.Max(module => Math.Abs(module.Score)) + 2e-4);
        found.Max(module => Math.Abs(module.Score)).Should().BeGreaterThan(0.01);
    }

    [Fact]
    public void HeldOutScoresAreThoseOfTheBestSingleModule()
    {
        var samples = FewShotSamples.OfImages(pictures, 3, 3);
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var single = trainer.Train(new BestSingleModule(), samples, options);

        var ranked = trainer.ChooseModules(new HeldOutLoss(), samples, 3, options);

        ranked.OrderBy(module => module.Module).Select(module => -module.Score).Should().Equal(single.Candidates.Select(candidate => candidate.Validation.Loss));
        trainer.ChooseModules(new HeldOutLoss(), FewShotSamples.OfImages(pictures, 1, 1) with { Validation = [] }, 2, options).Should().HaveCount(2, "with nothing held out the samples tell");
    }

    [Fact]
    public void ChanceFollowsTheSeed()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        int[] Order(int seed) => [.. trainer.ChooseModules(new RandomChoice(), FewShotSamples.OfImages(pictures, 2, 2, seed), 3).Select(module => module.Module)];

        Order(0).Should().Equal(Order(0)).And.BeEquivalentTo([0, 1, 2]);
        Enumerable.Range(0, 20).Select(seed => Order(seed)[0]).Distinct().Should().HaveCount(3);
    }

    [Fact]
    public void SaysWhatCannotBe()
    {
        var questions = texts.Questions(QuestionPart.Train, 12);
        var asked = FewShotSamples.OfQuestions(questions.Dataset, 5, 4);
        using var answers = new TextTrainer(texts.BaseModel, questions, texts.Modules);
        using var alone = new TextTrainer(texts.BaseModel, questions);

        answers.Invoking(t => t.ChooseModules(new FeatureAlignment(), asked, 1)).Should().Throw<NotSupportedException>().WithMessage("*no classes*");
        answers.Invoking(t => t.ChooseModules(new RandomChoice(), asked, 4)).Should().Throw<ArgumentOutOfRangeException>();
        answers.Invoking(t => t.ChooseModules(new RandomChoice(), asked, 0)).Should().Throw<ArgumentOutOfRangeException>();
        answers.Invoking(t => t.ChooseModules(new Nothing(), asked, 1)).Should().Throw<NonFiniteException>().WithMessage("Adapter 'first': its score by 'nothing' is NaN*");
        alone.Invoking(t => t.ChooseModules(new RandomChoice(), asked, 1)).Should().Throw<ArgumentException>().WithMessage("'random' chooses among modules*");
    }

    [Fact]
    public void LeavesNoTensorBehind()
    {
        var samples = FewShotSamples.OfImages(pictures, 3, 3);
        var images = tiny.Images(pictures);
        void Run()
        {
            using var trainer = new ImageTrainer(tiny.BaseModel, images, tiny.Modules);
            foreach (string name in (string[])["gradient", "held-out", "features"]) trainer.ChooseModules(Choice(name), samples, 1, options);
        }
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        (DisposeScopeManager.Statistics.ThreadTotalLiveCount - before).Should().BeLessThanOrEqualTo(0);
    }

    static IModuleChoice Choice(string name) => ((IModuleChoice[])[new WeightGradient(), new HeldOutLoss(), new FeatureAlignment()]).Single(choice => choice.Name == name);

    static LoraAdapter Module(VisionTransformer model, int n, double scaling)
    {
        using var drawn = TinyAdapters.Create(model, $"module {n}", 50 + n);
        return new LoraAdapter(drawn.Name, [.. drawn.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), layer.Value.B.clone(), scaling)))]);
    }

    /// <summary>The third that each picture falls into along a direction of the features under a module.</summary>
    int[] Thirds(LoraAdapter module, ImageDataset unlabelled)
    {
        using var images = new PreprocessedImages(unlabelled, tiny.BaseModel.Preprocessing);
        using var model = tiny.BaseModel.Load(["a"], 0);
        using var attached = Composition.AttachUniform(model, [module]);
        using var bank = new FeatureBank(model, images, 32);
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        float[] along = [.. bank.Features([.. Enumerable.Range(0, unlabelled.Count)]).matmul(randn(TinyModel.Width, generator: generator)).data<float>()];
        int[] labels = new int[along.Length];
        foreach (var (rank, picture) in Enumerable.Range(0, along.Length).OrderBy(picture => along[picture]).Index()) labels[picture] = 3 * rank / along.Length;
        return labels;
    }

    sealed class Relabelled(ImageDataset pictures, int[] labels) : ImageDataset
    {
        public override string Name => "relabelled";

        public override IReadOnlyList<string> ClassNames { get; } = ["low", "middle", "high"];

        public override int Count => pictures.Count;

        public override string Fingerprint => "relabelled";

        public override int Label(int index) => labels[index];

        public override RgbImage Decode(int index) => pictures.Decode(index);
    }

    sealed class Nothing : IModuleChoice
    {
        public string Name => "nothing";

        public IReadOnlyList<double> Score(IMethodTrials trials) => [.. trials.Modules.Select(_ => double.NaN)];
    }
}
