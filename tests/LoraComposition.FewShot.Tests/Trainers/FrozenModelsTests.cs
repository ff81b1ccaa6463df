using LoraComposition.FewShot.Tests.Support;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class FrozenModelsTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void KeepsOneBankForEachStartAndImages()
    {
        var task = tiny.Task("task", [0, 1]);
        using var frozen = new FrozenModels(tiny.BaseModel, task.ClassNames, tiny.Modules, 5);

        var plain = frozen.Bank(StartingPoint.BaseModel, task.Train);
        var composed = frozen.Bank(StartingPoint.UniformComposition, task.Train);

        frozen.Bank(StartingPoint.BaseModel, task.Train).Should().BeSameAs(plain);
        frozen.Bank(StartingPoint.BaseModel, task.Test!).Should().NotBeSameAs(plain);
        composed.Should().NotBeSameAs(plain);
        using var plainFeatures = plain.Features([0, 1]);
        using var composedFeatures = composed.Features([0, 1]);
        plainFeatures.allclose(composedFeatures, rtol: 0, atol: 1e-3).Should().BeFalse();
    }

    /// <summary>A model is as large as the base: of more starts than are held the features stay, and missing ones are computed as before.</summary>
    [Fact]
    public void HoldsAFewModelsAndAllFeatures()
    {
        var task = tiny.Task("task", [0, 1]);
        using var frozen = new FrozenModels(tiny.BaseModel, task.ClassNames, tiny.Modules, 5);
        StartingPoint[] starts = [.. Enumerable.Range(1, 12).Select(i => StartingPoint.LeaningComposition(0, i / 20.0))];
        long[] live = [.. starts.Select(start =>
        {
            using (frozen.Bank(start, task.Train).Features([0, 1])) return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        })];

        (live[7] - live[6]).Should().BeGreaterThan(10, "a model has many tensors");
        (live[11] - live[7]).Should().BeInRange(4, 8, "the features of four more starts");
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var attached = starts[0].Attach(model, tiny.Modules);
        using var bank = new FeatureBank(model, task.Train, 5);
        using var expected = bank.Features([0, 3]);
        using var found = frozen.Bank(starts[0], task.Train).Features([0, 3]);
        found.bytes.ToArray().Should().Equal(expected.bytes.ToArray());
    }

    [Fact]
    public void ForgetsWhatNobodyAsksForAgain()
    {
        var task = tiny.Task("task", [0, 1]);
        using var frozen = new FrozenModels(tiny.BaseModel, task.ClassNames, tiny.Modules, 5);
        long Left()
        {
            using (frozen.Bank(StartingPoint.SingleModule(1), task.Train).Features([0])) { }
            using (frozen.Bank(StartingPoint.SingleModule(1), task.Test!, new PictureView(true, 0, 0)).Features([0])) { }
            frozen.Forget(StartingPoint.SingleModule(1));
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }

        long first = Left();   // the images are prepared now

        Left().Should().Be(first);
        using var again = frozen.Bank(StartingPoint.SingleModule(1), task.Train).Features([0]);
        again.shape.Should().Equal(1, TinyModel.Width);
    }
}
