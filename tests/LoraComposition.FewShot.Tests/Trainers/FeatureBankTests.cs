using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class FeatureBankTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void GivesTheModelsFeaturesInTheOrderAskedFor()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var bank = new FeatureBank(model, task.Train, 3);
        int[] wanted = [7, 2, 11, 2, 0];

        using var features = bank.Features(wanted);
        using var labels = bank.Labels(wanted);

        using var noGrad = no_grad();
        using var pixels = task.Train.Batch(wanted, CPU);
        using var expected = model.Features(pixels);
        features.shape.Should().Equal(5, TinyModel.Width);
        features.allclose(expected, rtol: 0, atol: 1e-5).Should().BeTrue();
        features.requires_grad.Should().BeFalse();
        labels.data<long>().ToArray().Should().Equal(1, 0, 1, 0, 0);
    }

    [Fact]
    public void GivesTheFeaturesOfThePicturesInItsView()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        var view = new PictureView(true, 2, -1);
        using var bank = new FeatureBank(model, task.Train, 3, view);
        using var plain = new FeatureBank(model, task.Train, 3);
        int[] wanted = [7, 2, 11, 0];

        using var features = bank.Features(wanted);

        using var noGrad = no_grad();
        using var pixels = PictureView.Apply(task.Train.Batch(wanted, CPU), [view, view, view, view]);
        using var expected = model.Features(pixels);
        features.allclose(expected, rtol: 0, atol: 1e-5).Should().BeTrue();
        using var unchanged = plain.Features(wanted);
        features.allclose(unchanged, rtol: 0, atol: 1e-3).Should().BeFalse();
    }

    [Fact]
    public void ComputesEachImageOnce()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        var batches = CountBatches(model);
        using var bank = new FeatureBank(model, task.Train, 3);

        bank.Features([5, 1, 5, 9, 1]).Dispose();
        batches.Should().Equal(3);
        using var first = bank.Features([9, 1]);
        batches.Should().Equal(3);
        bank.Features([0, 1, 2, 3, 4, 5]).Dispose();

        batches.Should().Equal([3, 3, 3], "only 0, 2, 3 and 4 were missing, and batches are filled up");
        using var again = bank.Features([9, 1]);
        Snapshot.Of(again).Should().Equal(Snapshot.Of(first));
    }

    [Fact]
    public void FeaturesDoNotDependOnWhatWasAskedForBefore()
    {
        var task = tiny.Task("task", [0, 1, 2], perClass: 20);
        using var model = VisionTransformer.Create(tiny.BaseModel.Load(task.ClassNames, 0).Config with { HiddenSize = 64, IntermediateSize = 256 }, 1);
        using var together = new FeatureBank(model, task.Train, 16);
        using var all = together.Features([.. Enumerable.Range(0, 60)]);
        using var piecemeal = new FeatureBank(model, task.Train, 16);
        for (int i = 59; i > 0; i -= 7) piecemeal.Features([i]).Dispose();
        piecemeal.Features([3, 4, 5, 6, 20, 21]).Dispose();

        using var pieces = piecemeal.Features([.. Enumerable.Range(0, 60)]);

        Snapshot.Of(pieces).Should().Equal(Snapshot.Of(all));
    }

    [Fact]
    public void TellsProgressOnlyOfWhatIsComputed()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var bank = new FeatureBank(model, task.Train, 3);
        int advances = 0;
        using var progress = new ScriptedProgress(_ => advances++);
        using var bar = progress.Begin("features", 4);

        bank.Features([0, 1, 2, 3], bar, default).Dispose();
        bank.Features([0, 1, 2, 3], bar, default).Dispose();

        advances.Should().Be(2);
    }

    [Fact]
    public void WhatWasReadyBeforeACancellationStays()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        var batches = CountBatches(model);
        using var bank = new FeatureBank(model, task.Train, 3);
        using var source = new CancellationTokenSource();
        using var progress = new ScriptedProgress(_ => source.Cancel());
        using var bar = progress.Begin("features", 6);

        FluentActions.Invoking(() => bank.Features([0, 1, 2, 3, 4, 5], bar, source.Token)).Should().Throw<OperationCanceledException>();
        batches.Should().Equal(3);
        bank.Features([0, 1, 2, 3, 4, 5]).Dispose();

        batches.Should().Equal(3, 3);
    }

    [Fact]
    public void KeepsFloat32OfSixteenBitModels()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0, ScalarType.BFloat16);
        using var bank = new FeatureBank(model, task.Train, 3);

        using var features = bank.Features([0, 1]);

        features.dtype.Should().Be(ScalarType.Float32);
    }

    // Every picture passes the embeddings once in each forward pass.
    static List<long> CountBatches(VisionTransformer model)
    {
        var batches = new List<long>();
        var embeddings = (nn.Module<Tensor, Tensor>)model.named_children().Single(child => child.name == "embeddings").module;
        embeddings.register_forward_pre_hook((_, pixels) =>
        {
            batches.Add(pixels.shape[0]);
            return pixels;
        });
        return batches;
    }
}
