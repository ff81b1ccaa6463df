using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class BestSingleModuleTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageTask task;

    public BestSingleModuleTests() => task = tiny.Task("task", [0, 1, 2]);

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void TheBestOnTheValidationPartIsTested()
    {
        using var runner = Runner(task);
        var singles = Enumerable.Range(0, 3).Select(module => Execute(runner, new SingleModule(module))).ToArray();
        int expected = Enumerable.Range(0, 3).Aggregate((best, module) => singles[module].Training.Validation!.Value.IsBetterThan(singles[best].Training.Validation!.Value, StoppingCriterion.Loss) ? module : best);

        var outcome = Execute(runner, new BestSingleModule());

        (outcome.Accuracy, outcome.Scores["loss"], outcome.TrainableParameters).Should().Be((singles[expected].Accuracy, singles[expected].Scores["loss"], 0));
        singles.Select(s => s.Scores["loss"]).Should().OnlyHaveUniqueItems("else the choice would not show");
        outcome.Findings!.Module.Should().Be(tiny.Modules[expected].Name);
        outcome.Candidates.Select(candidate => (candidate.Trained!.Module!, candidate.Validation.Loss))
            .Should().Equal(singles.Select((s, i) => (tiny.Modules[i].Name, s.Training.Validation!.Value.Loss)));
    }

    [Fact]
    public void ThePlaceOfAModuleDoesNotMatter()
    {
        string[] chosen = [.. Enumerable.Range(0, 3).Select(turn =>
        {
            using var runner = new ImageFewShotRunner(tiny.BaseModel, task, [.. tiny.Modules.Skip(turn), .. tiny.Modules.Take(turn)], TinyExperiment.ModuleKeys, 5);
            return Execute(runner, new BestSingleModule()).Findings!.Module!;
        })];

        chosen.Distinct().Should().ContainSingle();
    }

    [Fact]
    public void ASingleModuleIsTheUniformCompositionOfItAlone()
    {
        using var runner = Runner(task);
        using var alone = new ImageFewShotRunner(tiny.BaseModel, task, [tiny.Modules[1]], new Dictionary<string, string> { ["second"] = "2" }, 5);

        var single = Execute(runner, new SingleModule(1));

        single.Scores["loss"].Should().Be(Execute(alone, new UniformComposition()).Scores["loss"]);
        single.Scores["loss"].Should().NotBe(Execute(runner, new UniformComposition()).Scores["loss"]);
        Execute(alone, new BestSingleModule()).Scores["loss"].Should().Be(single.Scores["loss"], "the only module is the best");
    }

    [Fact]
    public void WithoutAValidationPartPartsOfTheSupportSetChoose()
    {
        using var runner = Runner(task with { Validation = [] });

        var outcome = Execute(runner, new BestSingleModule());
        outcome.Candidates.Should().HaveCount(3).And.OnlyContain(candidate => candidate.Validation.Loss > 0);
        outcome.Training.Validation.Should().BeNull();
        FluentActions.Invoking(() => Execute(runner, new SingleModule(3))).Should().Throw<ArgumentException>().WithMessage("*module 4*only 3*");
    }

    [Fact]
    public void NoTensorIsLeftBehind()
    {
        using var runner = Runner(task);
        Execute(runner, new BestSingleModule());
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Execute(runner, new SingleModule(0));
        Execute(runner, new SingleModule(1));
        Execute(runner, new SingleModule(2));
        long three = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Execute(runner, new BestSingleModule());

        (TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount - three).Should().BeLessThanOrEqualTo(three - before, "the choice keeps nothing beyond what its candidates leave to the collector");
    }

    ImageFewShotRunner Runner(ImageTask on) => new(tiny.BaseModel, on, tiny.Modules, TinyExperiment.ModuleKeys, 5);

    static FewShotOutcome Execute(ImageFewShotRunner runner, ITuningMethod method) => runner.Execute(method, TinyExperiment.Options, runner.Sample(2, 0), ScoredPart.Test, default);
}
