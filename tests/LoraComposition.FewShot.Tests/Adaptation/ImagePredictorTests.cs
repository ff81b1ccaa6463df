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

    ImagePrediction[] Predict(string[] paths, int top, int batchSize = 5) => [.. new ImagePredictor(model, batchSize).Predict(paths, top, NullProgressReporter.Instance)];
}
