using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class PolySelectionTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("poly", 1)]
    [InlineData("mhr", 4)]
    public void LearnsItsSelectorsAndKeepsTheModulesRank(string name, int heads)
    {
        using var images = tiny.Images(pictures);
        using var trainer = new ImageTrainer(tiny.BaseModel, images, tiny.Modules);
        var options = new TuningOptions { Training = new TrainingOptions { Steps = 30, BatchSize = 4, Checks = 1 }, ComposerLearningRate = 0.1, EvaluationBatchSize = 5 };
        using var trained = trainer.Train(TuningMethods.Compositions.Find(name)!, FewShotSamples.OfImages(pictures, 3, 3, 0) with { Validation = [] }, options);

        trained.Method.Name.Should().Be(name);
        trained.TrainableParameters.Should().Be(heads * 3 * tiny.Modules[0].Layers.Count);
        var weights = trained.Findings!.Weights!.Layers.Values;
        weights.Should().OnlyContain(row => Math.Abs(row.Sum() - 1) < 1e-6);
        weights.Should().Contain(row => row.Max() - row.Min() > 0.02, "the selectors move");

        using var adapter = trained.ToAdapter("mine")!;
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == tiny.Modules[0].Layers.Values.First().Rank);
        adapter.ShouldComputeTheSame(trained.Model, tiny.BaseModel, images, [0, 9, 17]);
    }

    [Fact]
    public void ServesTextsToo()
    {
        using var texts = new TinyTextExperiment();
        var questions = texts.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(texts.BaseModel, questions, texts.Modules);
        using var trained = trainer.Train(new PolySelection(), FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 4), TinyTextExperiment.Options);

        trained.TrainableParameters.Should().Be(texts.Modules.Count * texts.Modules[0].Layers.Count);
    }
}
