using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class ModuleSubsetRunnerTests : IDisposable
{
    readonly TinyExperiment experiment = new();
    readonly ImageTask task;

    public ModuleSubsetRunnerTests() => task = experiment.Task("down", [10, 11]);

    public void Dispose() => experiment.Dispose();

    [Fact]
    public void ASubsetIsRunAsIfThereWereNoOtherModules()
    {
        using var runner = new ModuleSubsetRunner(experiment.BaseModel, task, experiment.Modules, [.. TinyExperiment.ModuleKeys]);
        using var alone = new ImageFewShotRunner(experiment.BaseModel, task, [experiment.Modules[0], experiment.Modules[2]], new Dictionary<string, string> { ["first"] = "1", ["third"] = "3" });
        var subset = new ModuleSubset(new LearnedComposition(), [0, 2]);

        // Another subset and another method before, so that what is kept would show.
        Score(runner, new ModuleSubset(new LearnedComposition(), [1]));
        var classifier = Score(runner, new ClassifierTuning());

        Score(runner, subset).Should().Be(Score(alone, subset.Method));
        Score(runner, subset).Should().NotBe(Score(runner, subset.Method));
        Score(runner, new ModuleSubset(new UniformComposition(), [0, 2])).Should().Be(Score(alone, new UniformComposition()));
        classifier.Should().Be(Score(alone, new ClassifierTuning()));
    }

    [Fact]
    public void TheRecordNamesTheModulesOfTheSubsetAlone()
    {
        using var runner = new ModuleSubsetRunner(experiment.BaseModel, task, [], [.. TinyExperiment.ModuleKeys]);

        runner.Configure(new ModuleSubset(new LearnedComposition(), [1, 2]), TinyExperiment.Options)["modules"].Should().BeEquivalentTo(new Dictionary<string, string> { ["second"] = "2", ["third"] = "3" });
        runner.Configure(new LearnedComposition(), TinyExperiment.Options)["modules"].Should().BeEquivalentTo(TinyExperiment.ModuleKeys);
        runner.Configure(new FullFineTuning(), TinyExperiment.Options)["modules"].Should().BeNull();
    }

    static (double Accuracy, double Loss, long Trained) Score(IFewShotRunner runner, ITuningMethod method)
    {
        var outcome = runner.Execute(method, TinyExperiment.Options, runner.Sample(2, 0), ScoredPart.Test, CancellationToken.None);
        return (outcome.Accuracy, outcome.Scores["loss"], outcome.TrainableParameters);
    }
}
