using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Methods;

/// <summary>What holds for every method that composes the modules without weights of its own that train.</summary>
public sealed class RivalsTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);
    readonly TuningOptions options = new()
    {
        Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3 },
        MergeLambdas = [0.5],
        MergeDensities = [0.5],
        LoraHubEvaluations = 9,
        EvaluationBatchSize = 5,
    };

    public static TheoryData<string> Names { get; } = [.. TuningMethods.Rivals.Select(method => method.Name)];

    public void Dispose() => tiny.Dispose();

    FewShotSamples Samples(int shots, int validation, int seed = 0) => FewShotSamples.OfImages(pictures, shots, Math.Max(1, validation), seed) is var drawn && validation > 0
        ? drawn : drawn with { Validation = [] };

    [Theory]
    [MemberData(nameof(Names))]
    public void TrainsExportsAndReloads(string name)
    {
        using var images = tiny.Images(pictures);
        using var trainer = new ImageTrainer(tiny.BaseModel, images, tiny.Modules);
        using var trained = trainer.Train(TuningMethods.Rivals.Find(name)!, Samples(3, 3), options);
        int[] all = [.. Enumerable.Range(0, pictures.Count)];

        trained.Method.Name.Should().Be(name);
        trained.TrainableParameters.Should().Be(0);
        // From features of the start, and from the composed model itself.
        trainer.Score(trained, images, all).Loss.Should().BeApproximately(Evaluator.OnImages(trained.Model, images, all, 5).Loss, 1e-5);

        using var adapter = trained.ToAdapter("mine")!;
        using var folder = new TemporaryFolder();
        adapter.Save(folder.Path);
        using var reloaded = LoraAdapter.Load(folder.Path);
        reloaded.ShouldComputeTheSame(trained.Model, tiny.BaseModel, images, [0, 9, 17]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SameSeedSameNumbersAndTheBaseStays(string name)
    {
        var method = TuningMethods.Rivals.Find(name)!;
        (double Loss, byte[] Update) Train()
        {
            using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
            using var trained = trainer.Train(method, Samples(3, 3), options);
            using var adapter = trained.ToAdapter("mine")!;
            using var update = adapter.Layers.Values.Last().ToDense();
            var outcome = (trained.Outcome.Validation!.Value.Loss, update.bytes.ToArray());

            var model = trained.Release(null);
            using var fresh = tiny.BaseModel.Load(pictures.ClassNames, 0);
            foreach (var ((path, parameter), (_, original)) in model.named_parameters().Zip(fresh.named_parameters()))
                if (!path.StartsWith("classifier", StringComparison.Ordinal)) parameter.bytes.ToArray().Should().Equal(original.bytes.ToArray(), path);
            model.Dispose();
            return outcome;
        }

        var (first, second) = (Train(), Train());
        second.Loss.Should().Be(first.Loss);
        second.Update.Should().Equal(first.Update);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void LeavesNoTensorBehind(string name)
    {
        var method = TuningMethods.Rivals.Find(name)!;
        var images = tiny.Images(pictures);
        void Run()
        {
            using var trainer = new ImageTrainer(tiny.BaseModel, images, tiny.Modules);
            using var trained = trainer.Train(method, Samples(3, 3), options);
            trainer.Score(trained, images, [0, 1]);
        }

        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        (DisposeScopeManager.Statistics.ThreadTotalLiveCount - before).Should().BeLessThanOrEqualTo(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void OneSampleAClassTakesFixedSettings(string name)
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(TuningMethods.Rivals.Find(name)!, Samples(1, 0), options);

        trained.Method.Name.Should().Be(name);
        trained.Remarks.Should().HaveCount(name is "greedy-soup" or "lorahub" ? 2 : 1, "the head's penalty is fixed, the soup had nothing to choose by, and LoraHub kept its start");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ServesTextsToo(string name)
    {
        using var texts = new TinyTextExperiment();
        var questions = texts.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(texts.BaseModel, questions, texts.Modules);
        using var trained = trainer.Train(TuningMethods.Rivals.Find(name)!, FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 4),
            TinyTextExperiment.Options with { MergeLambdas = [0.5], MergeDensities = [0.2, 0.5], LoraHubEvaluations = 9 });

        using var adapter = trained.ToAdapter("mine")!;
        using var again = texts.BaseModel.Load();
        int[] all = [.. Enumerable.Range(0, 12)];
        double expected = TextEvaluator.Validate(trained.Model, questions, all, 5, default).Score.Loss;
        TextEvaluator.Validate(again, questions, all, 5, default).Score.Loss.Should().NotBeApproximately(expected, 1e-4);
        using (Composition.AttachUniform(again, [adapter])) TextEvaluator.Validate(again, questions, all, 5, default).Score.Loss.Should().BeApproximately(expected, 1e-4);
    }

    /// <summary>Without images to hold out those learned from take turns, in the search of a method and in the choice among methods.</summary>
    [Fact]
    public void AdaptChoosesAmongThem()
    {
        using var adaptation = new TinyAdaptation();
        using var result = adaptation.Run(TinyAdaptation.Options with { ValidationPerClass = 0, Methods = [.. TuningMethods.Rivals.Where(method => method.Name is "ties" or "greedy-soup" or "lorahub")], Tuning = options with { LoraHubEvaluations = 4 } });

        result.Report.Methods.Select(method => method.Method).Should().Equal("ties", "greedy-soup", "lorahub");
        result.Report.Methods.Should().OnlyContain(method => method.ValidationLoss > 0);
    }
}
