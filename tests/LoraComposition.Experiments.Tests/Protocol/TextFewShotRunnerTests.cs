using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class TextFewShotRunnerTests : IDisposable
{
    // Query, key and value of the encoder's self-attention and of the decoder's self- and cross-attention.
    const int Sites = 3 * 3;
    readonly TinyTextExperiment tiny = new();
    readonly TextTask task;

    public TextFewShotRunnerTests() => task = tiny.Task();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("zero-shot", false)]
    [InlineData("lora", false)]
    [InlineData("uniform", false)]
    [InlineData("learned", false)]
    [InlineData("full", true)]
    public void OnlyFullChangesTheModel(string name, bool changes)
    {
        var modules = tiny.Modules.SelectMany(m => m.Layers.Values).SelectMany(d => new[] { d.A, d.B }).ToArray();
        var factors = modules.Select(Snapshot.Of).ToArray();
        var method = new WatchedMethod(TuningMethods.Text.Find(name)!);

        // Without a held-out part the last state is kept, so that what trains has changed.
        Execute(method, task with { Validation = [] });

        (method.Changed.Length > 0).Should().Be(changes);
        for (int i = 0; i < modules.Length; i++) Snapshot.Of(modules[i]).Should().Equal(factors[i]);
    }

    [Theory]
    [InlineData("zero-shot", 0, 0)]
    [InlineData("uniform", 0, 0)]
    [InlineData("lora", 2 * 2 * TinyTextExperiment.Width * Sites, 6)]
    [InlineData("learned", 3 * Sites, 6)]
    public void CountsWhatTrains(string name, long expected, int steps)
    {
        var outcome = Execute(TuningMethods.Text.Find(name)!);

        (outcome.TrainableParameters, outcome.HeadParameters).Should().Be((expected, 0));
        (outcome.Training.Steps, outcome.Training.Validation.HasValue).Should().Be((steps, steps > 0));
        outcome.Scores.Keys.Should().Equal("loss", "accuracy", "optionAccuracy");
        outcome.Timings.Keys.Should().Equal(steps > 0 ? ["load", "training", "validation", "test", "other"] : ["load", "test", "other"]);
    }

    [Fact]
    public void FullTrainsEveryWeight()
    {
        using var model = tiny.BaseModel.Load();

        Execute(new FullFineTuning()).TrainableParameters.Should().Be(model.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void LearnsItsSupportSet()
    {
        var seen = task with { Validation = [], Test = task.Train };
        var options = TinyTextExperiment.Options with { Training = TinyTextExperiment.Options.Training with { Steps = 150, BatchSize = 12 } };
        using var runner = tiny.Runner(seen with { Pool = [.. Enumerable.Range(0, task.Train.Dataset.Count)] });

        var before = runner.Execute(new ZeroShot(), options, runner.Sample(null, 0), ScoredPart.Test, default);
        var after = runner.Execute(new FullFineTuning(), options, runner.Sample(null, 0), ScoredPart.Test, default);

        before.Accuracy.Should().Be(0);
        after.Accuracy.Should().BeGreaterThan(0.8, "{0}", string.Join(" | ", after.Predictions!.Where(p => !p.ExactMatch).Select(p => $"{p.Target}: {p.Prediction}")));
        after.Scores["loss"].Should().BeLessThan(before.Scores["loss"] / 4);
    }

    [Theory]
    [InlineData("zero-shot", 1)]
    [InlineData("uniform", 1)]
    [InlineData("learned", 3)]
    public void WhatTrainsNothingIsTestedOnce(string name, int times)
    {
        var method = new WatchedMethod(TuningMethods.Text.Find(name)!);
        using var runner = tiny.Runner(task);

        var outcomes = new[] { runner.Sample(1, 0), runner.Sample(2, 0), runner.Sample(1, 1) }.Select(support => runner.Execute(method, TinyTextExperiment.Options, support, ScoredPart.Test, default)).ToArray();

        method.Begun.Should().Be(times);
        outcomes.Should().HaveCount(3).And.OnlyContain(o => o.TestCount == 7);
    }

    /// <summary>It trains nothing either, but what it composes depends on the seed.</summary>
    [Fact]
    public void WhatASearchSettledOnIsTestedEachTime()
    {
        using var runner = tiny.Runner(task);
        var options = TinyTextExperiment.Options with { MergeLambdas = [1], MergeDensities = [0.5] };

        double[] losses = [.. new[] { 0, 1 }.Select(seed => runner.Execute(new MergedComposition("dare"), options, runner.Sample(2, seed), ScoredPart.Test).Scores["loss"])];

        losses.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void PredictionsStandBesideTheScore()
    {
        using var runner = tiny.Runner(task);
        string folder = tiny.Folder["runs"];
        var results = new FewShotExperiment("tiny", runner, new RunStore(folder)).Run(TinyExperiment.Work(TuningMethods.Text, [1, 2], [0], TinyTextExperiment.Options), NullProgressReporter.Instance);

        results.Should().HaveCount(10);
        foreach (var result in results)
        {
            string[] lines = File.ReadAllLines(Path.Combine(folder, Path.ChangeExtension(result.Key.FileName, "predictions.jsonl")));
            lines.Should().HaveCount(7).And.OnlyContain(line => line.Contains("\"prediction\""));
            lines.Count(line => line.Contains("\"exactMatch\":true")).Should().Be((int)Math.Round(result.Accuracy * 7));
            result.Scores["optionAccuracy"].Should().BeInRange(0, 1);
        }
        new RunStore(folder).LoadAll().Select(r => r.Key).Should().BeEquivalentTo(results.Select(r => r.Key));
        results.Select(r => r.SampleIndices.Count).Distinct().Should().Equal(1, 2);
        results.Where(r => r.Key.Shots == 1).SelectMany(r => r.SampleIndices).Should().BeSubsetOf(results.First(r => r.Key.Shots == 2).SampleIndices);
    }

    [Fact]
    public void ThePredictionsAreWrittenBeforeTheResult()
    {
        using var runner = tiny.Runner(task);
        string folder = tiny.Folder["runs"];
        // A folder in the place of the file of predictions.
        Directory.CreateDirectory(Path.Combine(folder, "zero-shot-k001-seed0.predictions.jsonl"));

        FluentActions.Invoking(() => new FewShotExperiment("tiny", runner, new RunStore(folder)).Run(TinyExperiment.Work([new ZeroShot()], [1], [0], TinyTextExperiment.Options), NullProgressReporter.Instance)).Should().Throw<Exception>();

        File.Exists(Path.Combine(folder, "zero-shot-k001-seed0.json")).Should().BeFalse();
    }

    [Fact]
    public void SaysThatThereAreTooFewQuestions()
    {
        using var runner = tiny.Runner(task);

        runner.DescribeShortage(runner.Sample(8, 0)).Should().BeNull();
        runner.DescribeShortage(runner.Sample(9, 0)).Should().Contain("fewer than 9 questions").And.Contain("all 8");
    }

    [Fact]
    public void EverySettingIsPartOfTheConfiguration()
    {
        using var otherFolder = new TemporaryFolder();
        string Hash(TextTask on, ITuningMethod? method = null)
        {
            using var runner = tiny.Runner(on);
            return ConfigurationHash.Of(runner.Configure(method ?? new ZeroShot(), TinyTextExperiment.Options));
        }

        string[] hashes =
        [
            Hash(task),
            Hash(task with { Name = "other" }),
            Hash(task with { Pool = [.. task.Pool.Skip(1)] }),
            Hash(task with { Validation = [] }),
            Hash(tiny.Task(questions: 13)),
            Hash(task with { Test = tiny.Questions(QuestionPart.Test, 6) }),
            Hash(task with { Train = tiny.Questions(QuestionPart.Train, 12, new() { Answer = 13 }) }),
            Hash(task, method: new UniformComposition()),
        ];

        hashes.Should().OnlyHaveUniqueItems();
        Hash(tiny.Task()).Should().Be(hashes[0]);
    }

    [Fact]
    public void RefusesATestWithoutAnswers()
    {
        var hidden = new MultipleChoiceQuestion("id", "which ?", [new("A", "one"), new("B", "two")], null);
        var test = new TokenizedQuestions(new QuestionDataset("hidden", [hidden]), task.Train.Template, task.Train.Tokenizer, task.Train.Lengths);

        FluentActions.Invoking(() => tiny.Runner(task with { Test = test })).Should().Throw<ArgumentException>().WithMessage("*hide their answers*");
        FluentActions.Invoking(() => Execute(new ZeroShot(), task with { Test = null })).Should().Throw<ArgumentException>().WithMessage("*no test questions*");
    }

    [Fact]
    public void StopsWhenAsked()
    {
        using var source = new CancellationTokenSource();
        using var runner = tiny.Runner(task);
        var method = new WatchedMethod(new ZeroShot(), source.Cancel);

        runner.Invoking(r => r.Execute(method, TinyTextExperiment.Options, r.Sample(1, 0), ScoredPart.Test, source.Token)).Should().Throw<OperationCanceledException>();
    }

    [Theory]
    [InlineData("zero-shot")]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("uniform")]
    [InlineData("learned")]
    public void LeavesNoTensorBehind(string name)
    {
        var method = TuningMethods.Text.Find(name)!;
        Execute(method);

        long loading = Left(() =>
        {
            using var model = tiny.BaseModel.Load();
            using var tuning = method.Begin(model, tiny.Modules, TinyTextExperiment.Options, 0);
        });

        Left(() => Execute(method)).Should().Be(loading, "training and evaluation add nothing to what loading leaves to the collector");
    }

    static long Left(Action action)
    {
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        return TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    FewShotOutcome Execute(ITuningMethod method, TextTask? on = null)
    {
        using var runner = tiny.Runner(on ?? task);
        return runner.Execute(method, TinyTextExperiment.Options, runner.Sample(2, 0), ScoredPart.Test, default);
    }
}
