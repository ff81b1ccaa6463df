using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Trainers;

/// <summary>A T5 has no head, so a start is worth what the model answers with it.</summary>
public sealed class TextStartTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public void WeightsStartWhereTheLossIsLowest(int validation)
    {
        var questions = tiny.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(tiny.BaseModel, questions, tiny.Modules);
        var drawn = FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 4);
        var samples = validation > 0 ? drawn : drawn with { Validation = [] };
        var scored = validation > 0 ? samples.Validation : samples.Support.Indices;
        // Steps this small leave the weights where they start.
        var options = TinyTextExperiment.Options with { Head = new HeadOptions(), CoefficientLearningRate = 1e-12, CoefficientPenalties = [1] };
        var method = new UnconstrainedComposition(WeightSharing.Model);
        double[] losses = [.. method.Starts(3).Select(start =>
        {
            using var model = tiny.BaseModel.Load();
            using var attached = start.Start.Attach(model, tiny.Modules);
            return TextEvaluator.Validate(model, questions, scored, 5, default).Score.Loss;
        })];
        int best = Array.IndexOf(losses, losses.Min());

        using var trained = trainer.Train(method, samples, options with { Training = options.Training with { Criterion = StoppingCriterion.Loss } });

        losses.Should().OnlyHaveUniqueItems();
        trained.Method.Start.Should().Be(method.Starts(3)[best].Start);
        trained.Findings!.Start.Should().Be(best == 0 ? null : tiny.Modules[best - 1].Name);
        trained.ToWeights()!.Layers.Values.First()[Math.Max(0, best - 1)].Should().BeApproximately(best == 0 ? 1.0 / 3 : 1, 1e-5);
    }
}
