using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class ImageFewShotRunnerTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageTask task;

    public ImageFewShotRunnerTests() => task = tiny.Task("task", [0, 1, 2]);

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("classifier", false)]
    [InlineData("lora", false)]
    [InlineData("uniform", false)]
    [InlineData("learned", false)]
    [InlineData("full", true)]
    public void OnlyFullChangesTheBody(string name, bool changesBody)
    {
        var modules = tiny.Modules.SelectMany(m => m.Layers.Values).SelectMany(d => new[] { d.A, d.B }).ToArray();
        var factors = modules.Select(Snapshot.Of).ToArray();
        string[] files = FolderState.Of(tiny.BaseModel.Folder);
        var method = new WatchedMethod(TuningMethods.Vision.Find(name)!);

        // Without a held-out part the last state is kept, so that what trains has changed.
        Execute(method, task with { Validation = [] });

        method.Changed.Should().Contain(["classifier.weight", "classifier.bias"]);
        method.Changed.Any(parameter => !parameter.StartsWith("classifier.", StringComparison.Ordinal)).Should().Be(changesBody);
        for (int i = 0; i < modules.Length; i++) Snapshot.Of(modules[i]).Should().Equal(factors[i]);
        FolderState.Of(tiny.BaseModel.Folder).Should().Equal(files);
    }

    [Theory]
    [InlineData("classifier", 0)]
    [InlineData("uniform", 0)]
    [InlineData("lora", 384)]
    [InlineData("learned", 18)]
    public void CountsWhatTrains(string name, long expected)
    {
        var outcome = Execute(TuningMethods.Vision.Find(name)!);

        outcome.TrainableParameters.Should().Be(expected);
        outcome.HeadParameters.Should().Be(3 * (TinyModel.Width + 1));
        outcome.Timings.Keys.Should().Equal(expected > 0 ? ["load", "decode", "features", "warm-up", "training", "validation", "test", "other"]
            : ["load", "decode", "features", "warm-up", "test", "other"]);
        (outcome.Training.Steps, outcome.Training.Validation.HasValue).Should().Be((6, true));
    }

    [Theory]
    [InlineData("classifier")]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("uniform")]
    [InlineData("learned")]
    public void LeavesNoTensorBehind(string name)
    {
        var method = TuningMethods.Vision.Find(name)!;
        using var run = Runner(task);
        run.Execute(method, TinyExperiment.Options, Support, ScoredPart.Test, default);

        long loading = Left(() =>
        {
            using var model = tiny.BaseModel.Load(task.ClassNames, 0);
            using var tuning = method.Begin(model, tiny.Modules, TinyExperiment.Options, 0);
        });

        Left(() => run.Execute(method, TinyExperiment.Options, Support, ScoredPart.Test, default)).Should().Be(loading, "training and evaluation add nothing to what loading leaves to the collector");
    }

    [Fact]
    public void RunsWithoutAValidationPart()
    {
        var outcome = Execute(TuningMethods.Vision.Find("lora")!, task with { Validation = [] });

        (outcome.Training.Steps, outcome.Training.BestStep, outcome.Training.Validation).Should().Be((6, 6, null));
    }

    FewShotSplit Support => FewShotSampler.Sample(task.Train.Dataset.Labels(), 3, 2, 0, task.Pool);

    static long Left(Action action)
    {
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        return TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    ImageFewShotRunner Runner(ImageTask on) => new(tiny.BaseModel, on, tiny.Modules, TinyExperiment.ModuleKeys, 5);

    FewShotOutcome Execute(ITuningMethod method, ImageTask? on = null)
    {
        using var runner = Runner(on ?? task);
        return runner.Execute(method, TinyExperiment.Options, Support, ScoredPart.Test, default);
    }
}
