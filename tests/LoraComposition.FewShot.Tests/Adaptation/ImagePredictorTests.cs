using LoraComposition.FewShot.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class ImagePredictorTests : IDisposable
{
    readonly TinyAdaptation tiny = new();
    readonly AdaptedModel model;
    readonly string[] files;

    public ImagePredictorTests()
    {
        using (var result = tiny.Run("learned")) result.Save(tiny.At("out"));
        model = AdaptedModel.Load(tiny.At("out"));
        files = [.. ImageFileList.Of(tiny.At("pictures", "test"))];
    }

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
    }

    [Fact]
    public void RanksTheSoftmaxOfTheLogits()
    {
        var predictions = Predict(files, top: 2);

        var test = ImageFolderSplits.Open(tiny.At("pictures")).Test!;
        using var images = new PreprocessedImages(test, model.Preprocessing);
        using var pixels = images.Batch([.. Enumerable.Range(0, test.Count)], CPU);
        using var logits = model.Model.call(pixels);
        using var softmax = logits.softmax(1);
        predictions.Select(p => p.Path).Should().Equal(files);
        for (int row = 0; row < files.Length; row++)
        {
            double[] expected = [.. Enumerable.Range(0, 3).Select(label => (double)softmax[row, label].item<float>())];
            int[] order = [.. Enumerable.Range(0, 3).OrderByDescending(label => expected[label])];
            predictions[row].Classes.Select(c => (c.Rank, c.ClassName)).Should().Equal((1, test.ClassNames[order[0]]), (2, test.ClassNames[order[1]]));
            predictions[row].Classes[0].Probability.Should().BeApproximately(expected[order[0]], 1e-5);
        }
    }

    [Fact]
    public void ADamagedPictureDoesNotStopTheOthers()
    {
        File.WriteAllText(files[1], "no picture");

        var predictions = Predict(files, top: 9, batchSize: 2);

        predictions.Select(p => p.Path).Should().Equal(files);
        predictions[1].Refusal!.Message.Should().StartWith(files[1]);
        predictions[1].Classes.Should().BeEmpty();
        predictions.Where(p => p.Refusal is null).Should().HaveCount(files.Length - 1).And.OnlyContain(p => p.Classes.Count == 3 && Math.Abs(p.Classes.Sum(c => c.Probability) - 1) < 1e-9);
    }

    [Fact]
    public void TheBatchSizeDoesNotMatter()
    {
        var together = Predict(files, 3, batchSize: 64);
        var alone = Predict(files, 3, batchSize: 1);

        for (int i = 0; i < files.Length; i++) alone[i].Classes[0].Probability.Should().BeApproximately(together[i].Classes[0].Probability, 1e-5);
    }

    [Fact]
    public void StopsBetweenTwoBatches()
    {
        using var cancellation = new CancellationTokenSource();
        var seen = new List<string>();

        var predict = () =>
        {
            foreach (var prediction in new ImagePredictor(model, batchSize: 4).Predict(files, 1, NullProgressReporter.Instance, cancellation.Token))
            {
                seen.Add(prediction.Path);
                cancellation.Cancel();
            }
        };

        predict.Should().Throw<OperationCanceledException>();
        seen.Should().Equal(files[..4]);
    }

    /// <summary>One predictor, whose lazy batches several threads draw at once, each of the files in another order, a damaged one among them.</summary>
    [Fact]
    public async Task ThreadsMayShareItForFiles()
    {
        File.WriteAllText(files[1], "no picture");
        var expected = Predict(files, top: 3).ToDictionary(p => p.Path);
        var predictor = new ImagePredictor(model, batchSize: 4);
        string[][] orders = [.. Enumerable.Range(0, 8).Select(i => (string[])[.. files[(i % files.Length)..], .. files[..(i % files.Length)]])];
        var answers = new ImagePrediction[orders.Length][];

        // Tasks with threads of their own: what one throws fails the test, not the process.
        await Task.WhenAll(orders.Select((order, i) =>
            Task.Factory.StartNew(() => answers[i] = [.. predictor.Predict(order, top: 3)], TaskCreationOptions.LongRunning)));

        for (int i = 0; i < orders.Length; i++) answers[i].Select(p => p.Path).Should().Equal(orders[i]);
        foreach (var answer in answers.SelectMany(a => a))
        {
            var wanted = expected[answer.Path];
            (answer.Refusal?.Message).Should().Be(wanted.Refusal?.Message);
            answer.Classes.Select(c => c.ClassName).Should().Equal(wanted.Classes.Select(c => c.ClassName));
            answer.Classes.Zip(wanted.Classes).Should().NotContain(pair => Math.Abs(pair.First.Probability - pair.Second.Probability) > 1e-5);
        }
    }

    [Fact]
    public void RefusesWhatIsNoPictureAndAModelThatWasDisposed()
    {
        var predictor = new ImagePredictor(model);

        FluentActions.Invoking(() => predictor.Predict([ImageFileDecoder.Decode(files[0]), null!]))
            .Should().Throw<ArgumentException>().WithMessage("A picture is null*");
        predictor.Predict(Array.Empty<RgbImage>()).Should().BeEmpty();
        model.Dispose();
        FluentActions.Invoking(() => predictor.Predict(files[0])).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => predictor.Predict(files, top: 1).ToArray()).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => new ImagePredictor(model).Predict(files[0])).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void TheBytesOfFilesGiveWhatTheFilesGive()
    {
        File.WriteAllText(files[1], "no picture");
        var expected = Predict(files, top: 2);
        byte[][] bytes = [.. files.Select(File.ReadAllBytes)];

        var predictions = new ImagePredictor(model, batchSize: 5).PredictAll(bytes, top: 2);

        predictions.Select(p => p.Path).Should().Equal(Enumerable.Range(1, files.Length).Select(i => $"picture {i}"));
        predictions[1].Refusal!.Message.Should().Be(expected[1].Refusal!.Message.Replace(files[1], "picture 2"));
        for (int i = 0; i < files.Length; i++) predictions[i].Classes.Should().Equal(expected[i].Classes);
        FluentActions.Invoking(() => new ImagePredictor(model).PredictAll([bytes[0], null!])).Should().Throw<ArgumentException>().WithMessage("A file is null*");
        FluentActions.Invoking(() => new ImagePredictor(model).PredictAll(bytes, 1, new CancellationToken(true))).Should().Throw<OperationCanceledException>();
    }

    ImagePrediction[] Predict(string[] paths, int top, int batchSize = 5) => [.. new ImagePredictor(model, batchSize).Predict(paths, top, NullProgressReporter.Instance)];
}
