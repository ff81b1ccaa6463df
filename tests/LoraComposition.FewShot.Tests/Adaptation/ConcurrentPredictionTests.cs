using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class ConcurrentPredictionTests : IDisposable
{
    const int Threads = 8, Calls = 25;

    readonly TinyExperiment tiny = new();
    readonly RgbImage[] pictures;

    public ConcurrentPredictionTests()
    {
        var dataset = new FractalDataset([0, 1, 2], 4, TinyModel.ImageSize);
        pictures = [.. Enumerable.Range(0, dataset.Count).Select(dataset.Decode)];
    }

    public void Dispose() => tiny.Dispose();

    /// <summary>Many threads at once from the first call on get what one thread gets.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ThreadsGetTheAnswersOfOneThread(bool composed)
    {
        using var reference = Model(composed, out var attachedToReference);
        var expected = new ImagePredictor(reference, tiny.BaseModel.Preprocessing).Predict(pictures, top: 2);
        attachedToReference?.Dispose();

        using var model = Model(composed, out var attached);
        var cold = new ImagePredictor(model, tiny.BaseModel.Preprocessing);
        var answers = new IReadOnlyList<ClassProbability>[Threads, Calls];
        using (var start = new Barrier(Threads))
        {
            var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
            {
                start.SignalAndWait();
                for (int call = 0; call < Calls; call++) answers[thread, call] = cold.Predict(pictures[(thread + call) % pictures.Length], top: 2);
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
        }
        attached?.Dispose();

        for (int thread = 0; thread < Threads; thread++)
        {
            for (int call = 0; call < Calls; call++)
            {
                var wanted = expected[(thread + call) % pictures.Length];
                answers[thread, call].Select(answer => answer.ClassName).Should().Equal(wanted.Select(answer => answer.ClassName));
                answers[thread, call][0].Probability.Should().BeApproximately(wanted[0].Probability, 1e-5);
            }
        }
    }

    [Fact]
    public void EveryFormOfAPictureGivesOneAnswer()
    {
        using var folder = new TemporaryFolder();
        using var model = Model(composed: false, out _);
        var predictor = new ImagePredictor(model, tiny.BaseModel.Preprocessing);
        string path = folder.AddPng("picture.png");
        var expected = predictor.Predict(ImageFileDecoder.Decode(path), top: 3);
        expected.Should().HaveCount(3).And.BeInDescendingOrder(answer => answer.Probability);

        predictor.Predict(path, top: 3).Should().Equal(expected);
        predictor.Predict(File.ReadAllBytes(path), top: 3).Should().Equal(expected);
        using (var stream = File.OpenRead(path)) predictor.Predict(stream, top: 3).Should().Equal(expected);
        predictor.Predict((IReadOnlyList<string>)[path], top: 3).Single().Classes.Should().Equal(expected);
        var dataset = new ImageStreamDataset("streams", [("a", () => File.OpenRead(path), "b"), ("c", () => File.OpenRead(path), "a")]);
        (dataset.ClassNames[0], dataset.Label(0), dataset.Label(1)).Should().Be(("a", 1, 0));
        predictor.Predict(dataset.Decode(1), top: 3).Should().Equal(expected);
    }

    [Fact]
    public void ACancelledOrDisposedCallSaysSo()
    {
        var model = Model(composed: false, out _);
        var predictor = new ImagePredictor(model, tiny.BaseModel.Preprocessing);

        FluentActions.Invoking(() => predictor.Predict(pictures[0], cancellation: new CancellationToken(canceled: true))).Should().Throw<OperationCanceledException>();
        FluentActions.Invoking(() => predictor.Predict([1, 2, 3])).Should().Throw<DataException>();
        FluentActions.Invoking(() => new ImagePredictor(model, tiny.BaseModel.Preprocessing with { Size = 999 })).Should().Throw<ArgumentException>();
        model.Dispose();
        FluentActions.Invoking(() => predictor.Predict(pictures[0])).Should().Throw<ObjectDisposedException>();
    }

    VisionTransformer Model(bool composed, out Composition? attached)
    {
        var model = tiny.BaseModel.Load(["a", "b", "c"], headSeed: 3);
        attached = composed ? Composition.AttachUniform(model, tiny.Modules) : null;
        return model;
    }
}
