using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class FewShotExperimentTests : IDisposable
{
    static readonly string[] Names = [.. TuningMethods.Vision.Select(m => m.Name)];
    readonly TinyExperiment tiny = new();
    readonly ImageTask task;

    public FewShotExperimentTests() => task = tiny.Task("task", [0, 1, 2]);

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void EveryMethodAndSeedHasACompleteResult()
    {
        var results = Run(TuningMethods.Vision, [2], [0, 1]);

        results.Select(r => r.Key).Should().Equal(new[] { 0, 1 }.SelectMany(seed => Names.Select(name => new RunKey("tiny", name, 2, seed))));
        foreach (var result in results)
        {
            result.TestCount.Should().Be(12);
            CorrectSamples.Of(result)!.Count(right => right).Should().Be((int)Math.Round(12 * result.Accuracy));
            result.Configuration.TryGetProperty("correct", out _).Should().BeFalse("what came out does not decide the run");
            result.Accuracy.Should().BeInRange(0, 1);
            result.ValidationAccuracy.Should().BeInRange(0, 1);
            // 6 samples in batches of 4 are two steps.
            result.BestEpoch.Should().Be((result.Details!.Value.GetProperty("bestStep").GetInt32() + 1) / 2);
            result.EffectiveShots.Should().Equal(2, 2, 2);
            result.SampleIndices.Should().HaveCount(6).And.BeSubsetOf(task.Pool).And.NotIntersectWith(task.Validation);
            result.Inputs.Should().BeEquivalentTo(new Dictionary<string, string>
            {
                ["foundation"] = tiny.BaseModel.Fingerprint,
                ["train"] = task.Train.Dataset.Fingerprint,
                ["test"] = task.Test!.Dataset.Fingerprint,
            });
            result.Configuration.GetProperty("options").GetProperty("lora").GetProperty("rank").GetInt32().Should().Be(2);
            (result.Configuration.GetProperty("modules").ValueKind == JsonValueKind.Object).Should().Be(TuningMethods.Vision.Find(result.Key.Method)!.NeedsModules);
            result.Versions.Should().ContainKeys("TorchSharp", "libtorch", ".NET");
        }
        results.Select(r => r.SampleIndices).Distinct(new IndicesComparer()).Should().HaveCount(2, "the methods of one seed share their support set");
        results.Single(r => r.Key is { Method: "learned", Seed: 0 }).Details!.Value.GetProperty("trained").GetProperty("weights").EnumerateObject().Should().HaveCount(6);
        results.Select(r => r.Weights is not null).Should().Equal(results.Select(r => r.Key.Method == "learned"));
        tiny.Experiment(task).Invoking(_ => new RunStore(tiny.RunFolder).LoadAll()).Should().NotThrow().Subject.Should().HaveCount(10);
    }

    [Fact]
    public void AResultSaysWhatMakesItDoubtful()
    {
        using var still = new LoraAdapter("still", [.. tiny.Modules[0].Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), TorchSharp.torch.zeros_like(layer.Value.B), 1)))]);
        using var runner = new ImageFewShotRunner(tiny.BaseModel, task, [tiny.Modules[0], still], new Dictionary<string, string> { ["first"] = "1", ["still"] = "2" }, 5);
        // Steps this small leave the first state the best.
        var options = TinyExperiment.Options with { HeadLearningRate = 1e-12, LoraLearningRate = 1e-12, ComposerLearningRate = 1e-12 };

        new FewShotExperiment("tiny", runner, new RunStore(tiny.RunFolder)).Run(TinyExperiment.Work([new LoraFromScratch(), new LearnedComposition()], [2], [0], options));

        var remarks = new RunStore(tiny.RunFolder).LoadAll().ToDictionary(r => r.Key.Method, r => r.Details!.Value.GetProperty("remarks").EnumerateArray().Select(remark => remark.GetString()!).ToArray());
        remarks["lora"].Should().ContainSingle().Which.Should().StartWith("The training kept its start: ");
        remarks["learned"].Should().HaveCount(2);
        remarks["learned"][0].Should().StartWith("The training kept its start: ").And.EndWith("so its 12 numbers are as before.");
        remarks["learned"][1].Should().Be(still.ZeroWarning);
    }

    /// <summary>A page made from what a run hands on is the page of its files.</summary>
    [Fact]
    public void WhatARunHandsOnIsWhatItsFilesHold()
    {
        var results = Run(TuningMethods.Vision, [1, 2], [0, 1], folder: Path.Combine(tiny.Folder.Path, "out", "runs"));
        string folder = Path.Combine(tiny.Folder.Path, "out");

        var handedOn = ResultsReport.Read([folder], runs: [new ExperimentResults(Path.Combine(folder, "runs"), results, Summary.Of(results, Names))]);

        handedOn.ToHtml().Should().Be(ResultsReport.Read([folder]).ToHtml()).And.Contain("learned: query");
        new RunStore(Path.Combine(folder, "runs")).LoadAll().Select(r => r.Weights).Should().BeEquivalentTo(results.OrderBy(r => r.Key.FileName, StringComparer.Ordinal).Select(r => r.Weights), o => o.WithStrictOrdering());
        results.Single(r => r.Key is { Method: "learned", Shots: 1, Seed: 0 }).Weights!.Roles.Values.Should().Equal(new[] { 0, 1 }.SelectMany(_ => LoraTuning.DefaultRoles));
    }

    [Fact]
    public void SupportSetsAreNested()
    {
        var results = Run([new ClassifierTuning()], [1, 2, 3, null], [0]);

        for (int i = 1; i < results.Count; i++) results[i - 1].SampleIndices.Should().BeSubsetOf(results[i].SampleIndices);
        results.Select(r => r.SampleIndices.Count).Should().Equal(3, 6, 9, 12);
        results[^1].SampleIndices.Should().Equal(task.Pool);
    }

    [Fact]
    public void ASecondRunRepeatsNothing()
    {
        var first = Run(TuningMethods.Vision, [2], [0]);
        string[] files = FolderState.Of(tiny.RunFolder);
        var watched = TuningMethods.Vision.Select(m => new WatchedMethod(m)).ToArray();

        var second = Run(watched, [2], [0]);

        watched.Should().OnlyContain(m => m.Begun == 0);
        FolderState.Of(tiny.RunFolder).Should().Equal(files);
        Essence(second).Should().Equal(Essence(first));
    }

    [Fact]
    public void ADeletedRunIsRepeatedWithTheSameNumbers()
    {
        var first = Run(TuningMethods.Vision, [1], [0, 1]);
        foreach (string name in Names) File.Delete(Path.Combine(tiny.RunFolder, $"{name}-k001-seed1.json"));
        string[] kept = FolderState.Of(tiny.RunFolder);

        var again = Run(TuningMethods.Vision, [1], [0, 1]);

        Essence(again).Should().Equal(Essence(first));
        FolderState.Of(tiny.RunFolder).Should().HaveCount(10).And.Contain(kept);
    }

    [Fact]
    public void AChangedSettingIsRefused()
    {
        Run([new ClassifierTuning()], [1], [0]);

        var changed = TinyExperiment.Work([new ClassifierTuning()], [1], [0], TinyExperiment.Options with { HeadLearningRate = 0.5 });

        tiny.Experiment(task).Invoking(e => e.Run(changed, NullProgressReporter.Instance))
            .Should().Throw<RunConflictException>().WithMessage("*classifier-k001-seed0.json: this run was done with other settings.*Choose another folder with --out*")
            .Which.Differences.Should().Equal($"headLearningRate: {TinyExperiment.Options.HeadLearningRate} there, 0.5 now");
    }

    [Fact]
    public void OnlyMethodsThatUseModulesDependOnThem()
    {
        Run([new ClassifierTuning(), new UniformComposition()], [1], [0]);
        using var runner = new ImageFewShotRunner(tiny.BaseModel, task, tiny.Modules, new Dictionary<string, string> { ["first"] = "other" });
        var other = new FewShotExperiment("tiny", runner, new RunStore(tiny.RunFolder));

        other.Run(TinyExperiment.Work([new ClassifierTuning()], [1], [0]), NullProgressReporter.Instance).Should().HaveCount(1);
        other.Invoking(e => e.Run(TinyExperiment.Work([new UniformComposition()], [1], [0]), NullProgressReporter.Instance)).Should().Throw<RunConflictException>()
            .WithMessage("*uniform-k001-seed0.json*").Which.Differences.Should().NotBeEmpty().And.OnlyContain(line => line.StartsWith("modules ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void AStoppedExperimentGoesOnWhereItWas(int runs)
    {
        var undisturbed = Essence(Run(TuningMethods.Vision, [1], [0, 1], folder: Path.Combine(tiny.Folder.Path, "undisturbed")));
        using var source = new CancellationTokenSource();
        int begun = 0;
        // The token falls in the middle of a run, whose file must not appear.
        var methods = TuningMethods.Vision.Select(m => new WatchedMethod(m, () =>
        {
            if (begun++ == runs) source.Cancel();
        })).ToArray();

        FluentActions.Invoking(() => tiny.Experiment(task).Run(TinyExperiment.Work(methods, [1], [0, 1]), NullProgressReporter.Instance, source.Token)).Should().Throw<OperationCanceledException>();

        Directory.GetFiles(tiny.RunFolder).Select(Path.GetFileName).Should().BeEquivalentTo(Names[..runs].Select(name => $"{name}-k001-seed0.json"));
        new RunStore(tiny.RunFolder).LoadAll().Should().HaveCount(runs);
        Essence(Run(TuningMethods.Vision, [1], [0, 1])).Should().Equal(undisturbed);
    }

    [Fact]
    public void WarnsOnceOfShortClasses()
    {
        using var progress = new ScriptedProgress();

        var results = tiny.Experiment(task).Run(TinyExperiment.Work([new ClassifierTuning()], [4, 5, 6], [0, 1]), progress);

        // 6 images of each class, 2 of them held out.
        progress.Lines.Should().ContainSingle().Which.Should().StartWith("warning: 3 classes hold fewer than 5 images, for example 'fractal-0000'");
        results.Select(r => r.EffectiveShots[0]).Should().OnlyContain(shots => shots == 4);
    }

    [Fact]
    public void TellsProgressOfEveryRun()
    {
        int advances = 0;
        using var progress = new ScriptedProgress(_ => advances++);

        tiny.Experiment(task).Run(TinyExperiment.Work([new ClassifierTuning(), new UniformComposition()], [1, null], [0, 1]), progress);

        progress.Begun.Should().Equal("tiny: 8 runs");
        advances.Should().Be(8);
    }

    [Fact]
    public void RefusesWhatCannotBeRun()
    {
        var work = TinyExperiment.Work([new ClassifierTuning()], [1], [0]);
        FluentActions.Invoking(() => tiny.Experiment(task with { Test = null }).Run(work, NullProgressReporter.Instance)).Should().Throw<ArgumentException>().WithMessage("Task 'task' has no test images*");
        FluentActions.Invoking(() => tiny.Experiment(task).Run([work[0] with { Options = new TuningOptions { WarmUpEpochs = -1 } }], NullProgressReporter.Instance)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => tiny.Experiment(task with { Validation = [] }).Run([work[0] with { Part = ScoredPart.Validation }], NullProgressReporter.Instance)).Should().Throw<ArgumentException>().WithMessage("*no validation images*");
    }

    IReadOnlyList<RunResult> Run(IReadOnlyList<ITuningMethod> methods, IReadOnlyList<int?> shots, IReadOnlyList<int> seeds, string? folder = null) =>
        tiny.Experiment(task, folder: folder).Run(TinyExperiment.Work(methods, shots, seeds), NullProgressReporter.Instance);

    // All but the times.
    static string[] Essence(IEnumerable<RunResult> results) =>
        [.. results.Select(r => $"{r.Key} {r.ConfigurationHash} {r.Accuracy:R} {r.ValidationAccuracy:R} {r.TrainableParameters} {string.Join(',', r.SampleIndices)} {r.Details!.Value.GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal)}")];

    sealed class IndicesComparer : IEqualityComparer<IReadOnlyList<int>>
    {
        public bool Equals(IReadOnlyList<int>? x, IReadOnlyList<int>? y) => x!.SequenceEqual(y!);

        public int GetHashCode(IReadOnlyList<int> indices) => indices.Sum();
    }
}
