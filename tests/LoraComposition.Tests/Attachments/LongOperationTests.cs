using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Long operations say how far they are and stop where they are asked to, leaving nothing half done.</summary>
public sealed class LongOperationTests : IDisposable
{
    readonly CancellationTokenSource source = new();
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Loading_a_model()
    {
        var progress = new ProgressList();
        using var model = BaseModel.Load(Fixture.Path("vit-hf"), progress: progress);
        progress.Reports.Should().Equal(ProgressList.Steps(model.named_parameters().Count()));

        Left(20).Should().Be(Left(5), "what was read of a model that is not whole is let go of");

        static long Left(int step)
        {
            using var stop = new CancellationTokenSource();
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            var steps = new ProgressList(report =>
            {
                if (report.Done == step) stop.Cancel();
            });
            FluentActions.Invoking(() => VisionTransformer.Load(Fixture.Path("vit-hf"), progress: steps, cancellation: stop.Token)).Should().Throw<OperationCanceledException>();
            steps.Reports.Should().HaveCount(step);
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }
    }

    [Fact]
    public void Loading_adapters()
    {
        foreach (string name in new[] { "vit-a", "vit-b", "vit-c" })
            using (var adapter = Fixture.Adapter(name)) adapter.Save(Path.Combine(folder.Path, name));
        var progress = new ProgressList();

        foreach (var adapter in LoraAdapter.LoadAll(folder.Path, progress: progress)) adapter.Dispose();
        progress.Reports.Should().Equal(ProgressList.Steps(3));

        FluentActions.Invoking(() => LoraAdapter.LoadAll(folder.Path, progress: StopAt(2), cancellation: source.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Saving_a_model()
    {
        using var model = Fixture.Vit();
        var progress = new ProgressList();
        model.Save(folder.Path, progress: progress);
        progress.Reports.Should().Equal(ProgressList.Steps(model.named_parameters().Count()));
        byte[] before = File.ReadAllBytes(Path.Combine(folder.Path, "model.safetensors"));

        model.Classifier!.bias!.data<float>()[0] += 1;
        FluentActions.Invoking(() => model.Save(folder.Path, progress: StopAt(5), cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        File.ReadAllBytes(Path.Combine(folder.Path, "model.safetensors")).Should().Equal(before, "a file is replaced whole or not at all");
        Directory.GetFiles(folder.Path).Should().OnlyContain(file => !file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Writing_tensors()
    {
        using var one = ones(2);
        var tensors = Enumerable.Range(0, 4).ToDictionary(i => $"t{i}", _ => one);
        var progress = new ProgressList();
        string path = Path.Combine(folder.Path, "x.safetensors");
        SafetensorsWriter.Write(path, tensors, progress: progress);
        progress.Reports.Should().Equal(ProgressList.Steps(4));

        string other = Path.Combine(folder.Path, "y.safetensors");
        FluentActions.Invoking(() => SafetensorsWriter.Write(other, tensors, progress: StopAt(2), cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        File.Exists(other).Should().BeFalse();
    }

    [Fact]
    public void Compressing()
    {
        using var adapter = Fixture.Adapter("vit-c");
        var progress = new ProgressList();
        using (AdapterCompression.Compress(adapter, RankTarget.Rank(2), progress: progress)) progress.Reports.Should().Equal(ProgressList.Steps(adapter.Layers.Count));

        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        FluentActions.Invoking(() => AdapterCompression.Compress(adapter, RankTarget.Rank(2), progress: StopAt(2), cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    [Fact]
    public void Merging()
    {
        using var model = Fixture.Vit();
        using var adapter = Fixture.Adapter("vit-a");
        using var composition = Composition.AttachUniform(model, [adapter]);
        int layers = composition.Layers.Count;
        var progress = new ProgressList();

        composition.MergeIntoBase(progress);

        progress.Reports.Should().Equal(ProgressList.Steps(layers));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Generating(int beams)
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        var progress = new ProgressList();

        var results = model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = 6, Beams = beams }, progress);

        progress.Reports.Select(p => p.Done).Should().BeInAscendingOrder();
        progress.Reports[^1].Should().Be(new WorkProgress(results.Count, results.Count));
    }

    [Fact]
    public void Scoring_answers()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        int texts = (int)io["input_ids"].shape[0];
        var progress = new ProgressList();

        model.ScoreAnswers(io["input_ids"], io["attention_mask"], [.. Enumerable.Repeat((IReadOnlyList<IReadOnlyList<int>>)[[5, 1], [6, 1]], texts)], batchSize: 1, progress);

        progress.Reports.Should().Equal(ProgressList.Steps(2 * texts));
    }

    ProgressList StopAt(int step) => new(report =>
    {
        if (report.Done == step) source.Cancel();
    });
}
