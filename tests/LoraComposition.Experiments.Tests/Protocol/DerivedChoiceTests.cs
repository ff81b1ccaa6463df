using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class DerivedChoiceTests : IDisposable
{
    static readonly ITuningMethod auto = new AutomaticChoice();
    readonly TinyExperiment tiny = new();
    readonly ImageTask task;
    readonly TuningOptions options = new() { Training = TinyExperiment.Options.Training with { Criterion = StoppingCriterion.Loss }, Lora = TinyExperiment.Options.Lora };

    public DerivedChoiceTests() => task = tiny.Task("task", [0, 1, 2]);

    public void Dispose() => tiny.Dispose();

    RunResult Run(string folder, IReadOnlyList<ITuningMethod> methods, TuningOptions? settings = null)
    {
        using var runner = new ImageFewShotRunner(tiny.BaseModel, task, tiny.Modules, TinyExperiment.ModuleKeys, 5);
        return new FewShotExperiment("tiny", runner, new RunStore(tiny.Folder[folder])).Run(TinyExperiment.Work(methods, [3], [1], settings ?? options))[^1];
    }

    [Fact]
    public void IsWhatTrainingAllOfThemAgainWouldChoose()
    {
        var trained = Run("alone", [auto]);
        var derived = Run("beside", [.. AutomaticChoice.Methods, auto]);

        derived.Key.Should().Be(trained.Key);
        derived.ConfigurationHash.Should().Be(trained.ConfigurationHash);
        derived.Accuracy.Should().Be(trained.Accuracy);
        derived.Correct.Should().Be(trained.Correct);
        derived.ValidationLoss.Should().Be(trained.ValidationLoss);
        derived.TrainableParameters.Should().Be(trained.TrainableParameters);
        derived.SampleIndices.Should().Equal(trained.SampleIndices);
        var (one, other) = (derived.Details!.Value.GetProperty("trained"), trained.Details!.Value.GetProperty("trained"));
        one.GetProperty("chosen").GetRawText().Should().Be(other.GetProperty("chosen").GetRawText());
        other.GetProperty("method").GetString().Should().StartWith(one.GetProperty("method").GetString());
        one.GetProperty("candidates").EnumerateArray().Select(c => c.GetProperty("method").GetString()).Should().Equal(AutomaticChoice.Methods.Select(m => m.Name));
        new RunStore(tiny.Folder["beside"]).LoadAll().Should().HaveCount(AutomaticChoice.Methods.Count + 1, "it is kept as any other");
    }

    [Fact]
    public void TrainsWhereARunIsMissingOrABudgetDecides()
    {
        Run("missing", [.. AutomaticChoice.Methods.Skip(1), auto]).Details!.Value.GetProperty("trained").GetProperty("candidates").GetArrayLength()
            .Should().BeGreaterThan(AutomaticChoice.Methods.Count, "each single module and each penalty was trained as a candidate of its own");
        Run("budget", [.. AutomaticChoice.Methods, auto], options with { Budget = TimeSpan.FromTicks(1) }).Details!.Value.GetProperty("trained").GetProperty("candidates").GetArrayLength()
            .Should().Be(1);
    }
}
