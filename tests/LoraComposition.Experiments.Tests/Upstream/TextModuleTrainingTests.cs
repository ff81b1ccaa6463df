using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Experiments.Tests.Upstream;

public sealed class TextModuleTrainingTests : IDisposable
{
    static readonly ModuleTrainingOptions Options = new()
    {
        Training = new TrainingOptions { Steps = 8, BatchSize = 4, Checks = 2 },
        LearningRate = 0.02,
        Lora = new LoraOptions { Rank = 3 },
        LoraRoles = [LinearRole.Query, LinearRole.Value],
    };

    readonly TinyTextExperiment tiny = new();
    readonly TextTask task;

    public TextModuleTrainingTests() => task = tiny.Task("first", tested: false);

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void TrainsAModuleThatDoesSomething()
    {
        using var progress = new ScriptedProgress();

        // Without a held-out part the last state is kept, so that what trains has changed.
        using var module = Modules.GetOrTrain(Training(task with { Validation = [] }), progress);

        module.Name.Should().Be("first");
        module.Layers.Should().HaveCount(6, "query and value of three attentions are adapted");
        module.Layers.Values.Should().OnlyContain(d => d.Rank == 3 && d.B.abs().max().item<float>() > 0, "B starts at zero and has trained");
        progress.Begun.Should().Equal("module first: LoRA");
        using var model = tiny.BaseModel.Load();
        using var composition = Composition.AttachUniform(model, [module]);
        composition.AdapterNames.Should().Equal("first");
    }

    [Fact]
    public void TrainsOnceAndAlike()
    {
        using var first = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);
        string[] files = FolderState.Of(Folder);
        using var second = Modules.GetOrTrain(Training(tiny.Task("first", tested: false)), NullProgressReporter.Instance);
        FolderState.Of(Folder).Should().Equal(files);
        Directory.Delete(Folder, recursive: true);
        using var again = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);

        Factors(second).Should().Equal(Factors(first));
        Factors(again).Should().Equal(Factors(first));
    }

    [Fact]
    public void TheFisherInformationLiesBesideTheModuleAndWeighsIt()
    {
        var training = Training(task with { Validation = [] });
        using var module = Modules.GetOrTrain(training, NullProgressReporter.Instance);
        using var progress = new ScriptedProgress();

        UpstreamModules.MeasureFisher(training, module, progress);

        progress.Begun.Should().Equal("module first: Fisher information");
        using (var fisher = FisherFile.Open(module))
        {
            foreach (var (path, delta) in module.Layers)
            {
                using var diagonal = fisher.Read(path);
                diagonal.shape.Should().Equal(delta.OutFeatures, delta.InFeatures);
                diagonal.max().item<float>().Should().BeGreaterThan(0);
            }
        }
        using var runner = new TextFewShotRunner(tiny.BaseModel, tiny.Task(), [module], new Dictionary<string, string> { ["first"] = "1" });
        double Loss(ITuningMethod method) => runner.Execute(method, TinyTextExperiment.Options, runner.Sample(2, 0), ScoredPart.Test).Scores["loss"];
        Loss(new FisherComposition()).Should().BeApproximately(Loss(new UniformComposition()), 1e-4, "of one module every mean is the module");
    }

    [Fact]
    public void EverySettingIsPartOfTheKey()
    {
        var other = TextBaseModel.Open(tiny.SaveModel("other", seed: 2));
        string[] keys =
        [
            KeyOf(task),
            KeyOf(task with { Name = "second" }),
            KeyOf(task with { Pool = [.. task.Pool.Skip(1)] }),
            KeyOf(task with { Validation = [] }),
            KeyOf(tiny.Task("first", questions: 13, tested: false)),
            KeyOf(task, Options with { LoraRoles = [LinearRole.Query] }),
            KeyOf(task, Options with { Seed = 1 }),
            UpstreamModules.KeyOf(new TextModuleTraining(other, task, Options)),
        ];

        keys.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ACancelledTrainingLeavesNothing()
    {
        using var source = new CancellationTokenSource();
        int seen = 0;
        using var progress = new ScriptedProgress(_ =>
        {
            if (++seen == 3) source.Cancel();
        });

        FluentActions.Invoking(() => Modules.GetOrTrain(Training(task), progress, source.Token)).Should().Throw<OperationCanceledException>();

        (Directory.Exists(Folder) ? Directory.GetFileSystemEntries(Folder) : []).Should().BeEmpty();
    }

    string Folder => tiny.Folder["modules"];

    UpstreamModules Modules => new(Folder);

    TextModuleTraining Training(TextTask on, ModuleTrainingOptions? options = null) => new(tiny.BaseModel, on, options ?? Options);

    string KeyOf(TextTask on, ModuleTrainingOptions? options = null) => UpstreamModules.KeyOf(Training(on, options));

    static byte[] Factors(LoraAdapter module) => [.. module.Layers.Values.SelectMany(d => Snapshot.Of(d.A).Concat(Snapshot.Of(d.B)))];
}
