using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class EvaluatorTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(100)]
    public void CountsOverUnevenBatches(int batchSize)
    {
        var task = tiny.Task("task", [0, 1, 2]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 5);
        int[] indices = [.. Enumerable.Range(0, 12).Select(i => i * 7 % 18)];
        double correct = 0, loss = 0;
        using (NewDisposeScope())
        {
            using var noGrad = no_grad();
            foreach (int index in indices)
            {
                float[] logits = model.call(task.Train.Batch([index], CPU)).data<float>().ToArray();
                int label = task.Train.Dataset.Label(index);
                if (Array.IndexOf(logits, logits.Max()) == label) correct++;
                loss += Math.Log(logits.Sum(x => Math.Exp(x))) - logits[label];
            }
        }
        correct.Should().BeInRange(1, 11, "else this test shows little");

        var score = Evaluator.OnImages(model, task.Train, indices, batchSize);

        score.Accuracy.Should().Be(correct / 12);
        score.Loss.Should().BeApproximately(loss / 12, 1e-5);
    }

    [Fact]
    public void TellsWhichImagesAreRight()
    {
        var task = tiny.Task("task", [0, 1, 2]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 5);
        int[] indices = [.. Enumerable.Range(0, 12).Select(i => i * 7 % 18)];
        bool[] expected = [.. Evaluator.Predict(model, task.Train, indices, 5, states: null, default).Zip(indices, (label, index) => label == task.Train.Dataset.Label(index))];
        using var bank = new FeatureBank(model, task.Train, 5);
        using var features = bank.Features(indices);
        using var labels = bank.Labels(indices);

        var (score, correct) = Evaluator.OnEachImage(model, task.Train, indices, 5, states: null, progress: null, default);

        correct.Should().Equal(expected);
        correct.Should().Contain([true, false], "else this test shows little");
        score.Accuracy.Should().Be(correct.Count(right => right) / 12.0);
        Evaluator.OnEachFeature(model, features, labels).Correct.Should().Equal(expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PutsTheModeBackEvenWhenStopped(bool training)
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 5);
        model.train(training);

        Evaluator.OnImages(model, task.Train, task.Pool, 4);
        model.training.Should().Be(training);

        FluentActions.Invoking(() => Evaluator.OnImages(model, task.Train, task.Pool, 4, cancellation: new CancellationToken(canceled: true))).Should().Throw<OperationCanceledException>();
        model.training.Should().Be(training);
        is_grad_enabled().Should().BeTrue();
    }

    [Fact]
    public void FeaturesGiveTheSameScoreAsImages()
    {
        var task = tiny.Task("task", [0, 1, 2]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 5);
        using var bank = new FeatureBank(model, task.Train, 5);
        using var features = bank.Features(task.Pool);
        using var labels = bank.Labels(task.Pool);

        var score = Evaluator.OnFeatures(model, features, labels);

        var expected = Evaluator.OnImages(model, task.Train, task.Pool, 4);
        score.Accuracy.Should().Be(expected.Accuracy);
        score.Loss.Should().BeApproximately(expected.Loss, 1e-5);
    }

    [Fact]
    public void SixteenBitModelsAreScored()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 5, ScalarType.BFloat16);
        using var wide = tiny.BaseModel.Load(task.ClassNames, 5);

        Evaluator.Place(model).Type.Should().Be(ScalarType.BFloat16);
        Evaluator.OnImages(model, task.Train, task.Pool, 4).Loss.Should().BeApproximately(Evaluator.OnImages(wide, task.Train, task.Pool, 4).Loss, 0.02);
    }
}
