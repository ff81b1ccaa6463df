using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Experiments.Tests.Upstream;

public sealed class UpstreamModulesTests : IDisposable
{
    static readonly ModuleTrainingOptions Options = new()
    {
        Training = new TrainingOptions { Steps = 8, BatchSize = 4, Checks = 2 },
        WarmUpEpochs = 2,
        LearningRate = 0.02,
        Lora = new LoraOptions { Rank = 3 },
    };

    readonly TinyExperiment tiny = new();
    readonly ImageTask task;

    public UpstreamModulesTests() => task = tiny.Task("first", [0, 1], tested: false);

    public void Dispose() => tiny.Dispose();

    string Folder => Path.Combine(tiny.Folder.Path, "modules");

    string Target => Path.Combine(Folder, $"first-{KeyOf(task)[..12]}");

    [Fact]
    public void TrainsAModuleThatDoesSomething()
    {
        using var progress = new ScriptedProgress();

        // Without a held-out part the last state is kept, so that what trains has changed.
        using var module = Modules.GetOrTrain(Training(task with { Validation = [] }), progress);

        module.Name.Should().Be("first");
        module.Layers.Should().HaveCount(6);
        module.Layers.Values.Should().OnlyContain(d => d.Rank == 3 && d.Scaling == 1);
        module.Layers.Values.Should().OnlyContain(d => d.B.abs().max().item<float>() > 0, "B starts at zero and has trained");
        progress.Begun.Should().Equal("module first: features", "module first: LoRA");
    }

    [Fact]
    public void TheFolderSaysHowItWasTrained()
    {
        Modules.GetOrTrain(Training(task), NullProgressReporter.Instance).Dispose();

        Directory.GetFileSystemEntries(Folder).Should().Equal(Target);
        Directory.GetFiles(Target).Select(Path.GetFileName).Should().BeEquivalentTo("adapter_config.json", "adapter_model.safetensors", "training.json");
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(Target, "training.json")));
        var configuration = report.RootElement.GetProperty("configuration");
        configuration.GetProperty("foundation").GetString().Should().Be(tiny.BaseModel.Fingerprint);
        configuration.GetProperty("data").GetString().Should().Be(task.Train.Dataset.Fingerprint);
        report.RootElement.GetProperty("outcome").GetProperty("Steps").GetInt32().Should().Be(8);
    }

    [Fact]
    public void TheFisherInformationIsMeasuredOnceAndLiesBesideTheModule()
    {
        var training = Training(task);
        using var module = Modules.GetOrTrain(training, NullProgressReporter.Instance);
        string file = Path.Combine(Target, FisherFile.FileName);
        using var first = new ScriptedProgress();

        UpstreamModules.MeasureFisher(training, module, first);
        byte[] written = File.ReadAllBytes(file);
        using var second = new ScriptedProgress();
        UpstreamModules.MeasureFisher(training, module, second);

        first.Begun.Should().Equal("module first: Fisher information");
        second.Begun.Should().BeEmpty();
        File.ReadAllBytes(file).Should().Equal(written);
        using var fisher = FisherFile.Open(module);
        foreach (var (path, delta) in module.Layers)
        {
            using var diagonal = fisher.Read(path);
            diagonal.shape.Should().Equal(delta.OutFeatures, delta.InFeatures);
            diagonal.max().item<float>().Should().BeGreaterThan(0);
        }
        File.Delete(file);
        UpstreamModules.MeasureFisher(training, module);
        File.ReadAllBytes(file).Should().Equal(written, "the same pictures and the same drawn classes");
        FluentActions.Invoking(() => UpstreamModules.MeasureFisher(new KeptStart(module), Kept())).Should().Throw<NotSupportedException>().WithMessage("*'first' cannot be measured: its training has no way to*");

        LoraAdapter Kept() => Modules.GetOrTrain(new KeptStart(tiny.Modules[0]));
    }

    [Fact]
    public void WhatAKilledRunLeftIsRemovedAndNamed()
    {
        string leftover = Directory.CreateDirectory(Path.Combine(Folder, "first-0123456789ab.0123456789abcdef0123456789abcdef.partial")).FullName;
        Directory.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddHours(-2));
        using var progress = new ScriptedProgress();

        Modules.GetOrTrain(Training(task), progress).Dispose();

        Directory.GetFileSystemEntries(Folder).Should().Equal(Target);
        progress.Lines.Should().Contain($"warning: removed {leftover}, which a run left that was killed");
    }

    [Fact]
    public void AModuleThatKeptItsStartIsNamedEachTimeItIsUsed()
    {
        // Steps this small leave the first state the best.
        var training = Training(task, Options with { LearningRate = 1e-12 });
        const string Warning = "Adapter 'first' changes nothing: its update is zero in all 6 layers; its training may have kept its start.";
        foreach (string _ in (string[])["trained", "read"])
        {
            using var progress = new ScriptedProgress();
            var logger = new LoraComposition.Tests.Support.CollectingLogger();

            new UpstreamModules(Folder, logger).GetOrTrain(training, progress).Dispose();

            progress.Lines.Should().Equal($"warning: {Warning}");
            logger.At(Microsoft.Extensions.Logging.LogLevel.Warning).Should().Equal(Warning);
        }
        Recorded().Should().Equal(Warning);
    }

    [Fact]
    public void AModuleThatKeptAStartOfItsOwnIsNamedToo()
    {
        using var progress = new ScriptedProgress();

        new UpstreamModules(Folder).GetOrTrain(new KeptStart(tiny.Modules[0]), progress).Dispose();

        progress.Lines.Should().ContainSingle().Which.Should().StartWith("warning: Module 'first': The training kept its start: no state in its 9 steps was better");
        Recorded().Select(warning => $"warning: {warning}").Should().Equal(progress.Lines);
    }

    [Fact]
    public void AModuleThatTrainedIsNotWarnedOf()
    {
        using var progress = new ScriptedProgress();

        Modules.GetOrTrain(Training(task with { Validation = [] }), progress).Dispose();

        progress.Lines.Should().BeEmpty();
        Recorded().Should().BeEmpty();
    }

    [Fact]
    public void TrainsOnce()
    {
        using var first = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);
        string[] files = FolderState.Of(Folder);
        using var progress = new ScriptedProgress();

        using var second = Modules.GetOrTrain(Training(task), progress);

        progress.Begun.Should().BeEmpty();
        FolderState.Of(Folder).Should().Equal(files);
        Factors(second).Should().Equal(Factors(first));
    }

    [Fact]
    public void TheSameSettingsGiveTheSameModule()
    {
        using var first = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);
        Directory.Delete(Folder, recursive: true);
        using var again = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);
        using var other = Modules.GetOrTrain(Training(task, Options with { Seed = 1 }), NullProgressReporter.Instance);

        Factors(again).Should().Equal(Factors(first));
        Factors(other).Should().NotEqual(Factors(first));
    }

    [Fact]
    public void WorksWithoutWarmUpAndValidation()
    {
        using var progress = new ScriptedProgress();

        using var module = Modules.GetOrTrain(Training(task with { Validation = [] }, Options with { Head = null, WarmUpEpochs = 0 }), progress);

        progress.Begun.Should().Equal("module first: LoRA");
        module.Layers.Should().HaveCount(6);
    }

    [Fact]
    public void EverySettingIsPartOfTheKey()
    {
        using var otherFolder = new TemporaryFolder();
        var otherBaseModel = ImageBaseModel.Open(TinyModel.Save(otherFolder.Path, seed: 2));
        string[] keys =
        [
            KeyOf(task),
            KeyOf(task, Options with { Seed = 1 }),
            KeyOf(task, Options with { LearningRate = 0.01 }),
            KeyOf(task, Options with { WarmUpEpochs = 1 }),
            KeyOf(task, Options with { Lora = new LoraOptions { Rank = 4 } }),
            KeyOf(task, Options with { Training = Options.Training with { Steps = 9 } }),
            KeyOf(task with { Name = "second" }),
            KeyOf(task with { Pool = [.. task.Pool.Skip(1)] }),
            KeyOf(task with { Validation = [] }),
            KeyOf(tiny.Task("first", [0, 2], tested: false)),
            KeyOf(tiny.Task("first", [0, 1], perClass: 7, tested: false)),
            UpstreamModules.KeyOf(new ImageModuleTraining(otherBaseModel, task, Options)),
            KeyOf(task, Options with { LoraRoles = [LinearRole.Query] }),
        ];

        keys.Should().OnlyHaveUniqueItems();
        KeyOf(tiny.Task("first", [0, 1], tested: false)).Should().Be(keys[0]);
    }

    [Theory]
    [InlineData("module first: features", 1)]
    [InlineData("module first: LoRA", 1)]
    [InlineData("module first: LoRA", 5)]
    [InlineData("module first: LoRA", 7)]
    public void ACancelledTrainingLeavesNothing(string stage, int advances)
    {
        using var source = new CancellationTokenSource();
        int seen = 0;
        using var progress = new ScriptedProgress(description =>
        {
            if (description == stage && ++seen == advances) source.Cancel();
        });

        FluentActions.Invoking(() => Modules.GetOrTrain(Training(task), progress, source.Token)).Should().Throw<OperationCanceledException>();

        (Directory.Exists(Folder) ? Directory.GetFileSystemEntries(Folder) : []).Should().BeEmpty();
    }

    [Fact]
    public void AModuleThatAppearedMeanwhileIsKept()
    {
        // Another process finishes the same module while this one trains.
        using var first = Modules.GetOrTrain(Training(task), NullProgressReporter.Instance);
        string elsewhere = Path.Combine(tiny.Folder.Path, "elsewhere");
        Directory.Move(Target, elsewhere);
        bool moved = false;
        using var progress = new ScriptedProgress(_ =>
        {
            if (!moved) Directory.Move(elsewhere, Target);
            moved = true;
        });
        string[] files = FolderState.Of(elsewhere);

        Modules.GetOrTrain(Training(task), progress).Dispose();

        FolderState.Of(Target).Should().Equal(files);
        Directory.GetFileSystemEntries(Folder).Should().Equal(Target);
    }

    [Theory]
    [InlineData("adapter_model.safetensors")]
    [InlineData("adapter_config.json")]
    public void ADamagedModuleIsRefused(string file)
    {
        Modules.GetOrTrain(Training(task), NullProgressReporter.Instance).Dispose();
        File.WriteAllText(Path.Combine(Target, file), "damaged");

        FluentActions.Invoking(() => Modules.GetOrTrain(Training(task), NullProgressReporter.Instance)).Should().Throw<ModelFileException>().WithMessage($"*{file}*");
    }

    [Fact]
    public void AMissingFileIsRefused()
    {
        Modules.GetOrTrain(Training(task), NullProgressReporter.Instance).Dispose();
        File.Delete(Path.Combine(Target, "adapter_config.json"));

        FluentActions.Invoking(() => Modules.GetOrTrain(Training(task), NullProgressReporter.Instance)).Should().Throw<ModelFileException>().WithMessage("*adapter_config.json*");
    }

    [Fact]
    public void RefusesWrongSettings() =>
        FluentActions.Invoking(() => Training(task, Options with { LearningRate = 0 })).Should().Throw<ArgumentException>();

    UpstreamModules Modules => new(Folder);

    ImageModuleTraining Training(ImageTask on, ModuleTrainingOptions? options = null) => new(tiny.BaseModel, on, options ?? Options);

    string KeyOf(ImageTask on, ModuleTrainingOptions? options = null) => UpstreamModules.KeyOf(Training(on, options));

    static byte[] Factors(LoraAdapter module) => [.. module.Layers.Values.SelectMany(d => Snapshot.Of(d.A).Concat(Snapshot.Of(d.B)))];

    IReadOnlyList<string?> Recorded()
    {
        using var report = JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(Folder, "training.json", SearchOption.AllDirectories).Single()));
        return [.. report.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString())];
    }

    /// <summary>A training that starts from another module and keeps it.</summary>
    sealed class KeptStart(LoraAdapter start) : IModuleTraining
    {
        public string Name => start.Name;

        public object Configuration => new { own = true };

        public (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default) =>
            (new LoraAdapter(Name, [.. start.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone()))]), new TrainingOutcome(9, 0, null, true));
    }
}
