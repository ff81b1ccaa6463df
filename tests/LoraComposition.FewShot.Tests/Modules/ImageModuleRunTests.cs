using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;

namespace LoraComposition.FewShot.Tests.Modules;

public sealed class ImageModuleRunTests : IDisposable
{
    static readonly ModuleTrainingOptions options = new()
    {
        Training = new TrainingOptions { Steps = null, Epochs = 4, BatchSize = 4, Checks = 8, Patience = 8 },
        Lora = new LoraOptions { Rank = 2, Dropout = 0.3 },
        LearningRate = 0.02,
    };

    readonly TinyExperiment tiny = new();
    readonly ImageFolderSplits data;

    public ImageModuleRunTests() => data = ImageFolderSplits.Open(TinyImageFolder.Write(At("flowers"), [("aster", 9), ("iris", 9), ("tulip", 5)]));

    public void Dispose() => tiny.Dispose();

    string At(string name) => Path.Combine(tiny.Folder.Path, name);

    ImageModuleRun Run(ModuleTrainingOptions? changed = null, double share = 0.2) => new(tiny.BaseModel, changed ?? options, share);

    byte[] Trained(TrainingStateFile? state = null, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        using var module = Run().Run("flowers", data, state, progress, cancellation);
        return [.. module.Module.Layers.Values.SelectMany(delta => Snapshot.Of(delta.A).Concat(Snapshot.Of(delta.B))), .. Snapshot.Of(module.Module.Head!.Weight)];
    }

    static ScriptedProgress StopAt(int step, CancellationTokenSource cancellation)
    {
        int steps = 0;
        return new(work =>
        {
            if (work == "module flowers: LoRA" && ++steps == step) cancellation.Cancel();
        });
    }

    [Fact]
    public void TheFolderIsAPeftAdapterWithItsHeadReportAndCard()
    {
        using (var module = Run().Run("flowers", data))
            module.Save(At("module"), command: "lora-compose train …", further: staging => File.WriteAllText(Path.Combine(staging, "more.txt"), "more"));

        using var loaded = LoraAdapter.Load(At("module"));
        loaded.IsZero.Should().BeFalse();
        loaded.Head!.ClassNames.Should().Equal("aster", "iris", "tulip");
        Directory.GetFiles(At("module")).Select(Path.GetFileName).Should().BeEquivalentTo("adapter_config.json", "adapter_model.safetensors", "README.md", "training.json", "more.txt");
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(At("module"), "training.json")));
        report.RootElement.GetProperty("base").GetProperty("sha256").GetString().Should().Be(tiny.BaseModel.Fingerprint);
        report.RootElement.GetProperty("classes").EnumerateArray().Select(row => (row.GetProperty("shots").GetInt32(), row.GetProperty("validation").GetInt32())).Should().Equal((7, 2), (7, 2), (4, 1));
        report.RootElement.GetProperty("outcome").GetProperty("history").GetArrayLength().Should().Be(9);
        string card = File.ReadAllText(Path.Combine(At("module"), "README.md"));
        card.Should().StartWith("---\nlibrary_name: peft\n").And.ContainAll("# flowers", "| tulip ", "lora-compose train …", "on the 5 samples held out");
        card.Should().NotContain(tiny.Folder.Path);
        File.ReadAllText(Path.Combine(At("module"), "training.json")).Should().NotContain(tiny.Folder.Path);
    }

    [Fact]
    public void DamagedPicturesAreRefusedTogetherOrLeftOutAsIfTheyWereNotThere()
    {
        string[] broken = ["aster/03.png", "iris/00.png"];
        foreach (string file in broken) File.WriteAllText(Path.Combine(At("flowers"), file), "no picture");
        var pictures = ImageFolderSplits.Open(At("flowers"));
        var skipping = new ImageModuleRun(tiny.BaseModel, options, 0.2, skipDamaged: true);

        FluentActions.Invoking(() => Run().Run("flowers", pictures)).Should().Throw<DataException>().WithMessage("*2 of the pictures that are used cannot be read: aster/03.png, iris/00.png; *(--skip-damaged)*");
        using var module = skipping.Run("flowers", pictures);
        module.Report.Skipped.Select(sample => (sample.Part, sample.Path)).Should().Equal(broken.Select(file => ("train", file)));
        module.Report.Classes.Select(row => row.Shots + row.Validation).Should().Equal(8, 8, 5);
        module.Report.Warnings.Should().Contain(warning => warning.StartsWith("2 of the pictures", StringComparison.Ordinal));
        module.Save(At("module"));
        File.ReadAllText(Path.Combine(At("module"), "README.md")).Should().Contain("\nLeft out:\n\n- aster/03.png: ");

        foreach (string file in broken) File.Delete(Path.Combine(At("flowers"), file));
        using var without = Run().Run("flowers", ImageFolderSplits.Open(At("flowers")));
        Snapshot.Of(without.Module.Head!.Weight).Should().Equal(Snapshot.Of(module.Module.Head!.Weight));
        foreach (string file in Directory.GetFiles(Path.Combine(At("flowers"), "tulip"))) File.WriteAllText(file, "no picture");
        FluentActions.Invoking(() => skipping.Run("flowers", ImageFolderSplits.Open(At("flowers")))).Should().Throw<DataException>().WithMessage("*class 'tulip' has no picture that can be read*");
    }

    /// <summary>Stopped at many places, also between two checks, in an epoch's middle and with dropout and mirrored pictures.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(16)]
    public void ATrainingThatGoesOnGivesWhatOneWithoutAStopGives(int step)
    {
        byte[] whole = Trained();
        using var cancellation = new CancellationTokenSource();
        var state = new TrainingStateFile(At("state"), "key");
        using var progress = StopAt(step, cancellation);
        FluentActions.Invoking(() => Trained(state, progress, cancellation.Token)).Should().Throw<OperationCanceledException>();
        state.Exists.Should().BeTrue();

        Trained(state).Should().Equal(whole);

        Trained(new TrainingStateFile(At("state"), "key", resume: false)).Should().Equal(whole, "it starts anew");
    }

    [Fact]
    public void AStateThatDoesNotFitIsRefused()
    {
        using var cancellation = new CancellationTokenSource();
        using var progress = StopAt(9, cancellation);
        FluentActions.Invoking(() => Trained(new TrainingStateFile(At("state"), "key"), progress, cancellation.Token)).Should().Throw<OperationCanceledException>();
        byte[] kept = File.ReadAllBytes(At("state"));
        void Refused(string key, string message) => FluentActions.Invoking(() => Trained(new TrainingStateFile(At("state"), key))).Should().Throw<ModelFileException>().WithMessage(message);

        Refused("another", "*state*other data or settings*");
        File.WriteAllBytes(At("state"), kept[..^9]);
        Refused("key", "*state*");
        File.WriteAllBytes(At("state"), [.. kept.Select((value, i) => i < kept.Length - 4 ? value : (byte)0xFF)]);
        Refused("key", "*NaN or infinite*");
        SafetensorsWriter.Write(At("state"), new Dictionary<string, TorchSharp.torch.Tensor> { ["a"] = TorchSharp.torch.zeros(1) });
        Refused("key", "*no state of a training*");
    }

    [Fact]
    public void TheKeyTellsWhatDecidesTheNumbers()
    {
        string key = Run().KeyOf(data);

        Run().KeyOf(data).Should().Be(key);
        Run(options with { Seed = 1 }).KeyOf(data).Should().NotBe(key);
        Run(share: 0.3).KeyOf(data).Should().NotBe(key);
        Run(options with { Training = options.Training with { Epochs = 5 } }).KeyOf(data).Should().NotBe(key);
        File.Copy(Path.Combine(At("flowers"), "iris", "00.png"), Path.Combine(At("flowers"), "iris", "zz.png"));
        Run().KeyOf(ImageFolderSplits.Open(At("flowers"))).Should().NotBe(key);
    }

    [Fact]
    public void NothingHeldOutKeepsTheLastStateAndSaysSo()
    {
        using var module = Run(share: 0).Run("flowers", data);

        module.Report.Outcome.Validation.Should().BeNull();
        module.Report.Warnings.Should().Contain(warning => warning.StartsWith("Nothing was held out", StringComparison.Ordinal));
        module.Report.Classes.Should().OnlyContain(row => row.Validation == 0);
    }

    [Fact]
    public void OneClassIsRefused()
    {
        var one = ImageFolderSplits.Open(TinyImageFolder.Write(At("one"), [("aster", 4)]));

        FluentActions.Invoking(() => Run().Run("one", one)).Should().Throw<DataException>().WithMessage("*at least 2 classes, found 1*");
        FluentActions.Invoking(() => Run(share: 1)).Should().Throw<ArgumentException>().WithMessage("*validation share is 1*");
    }
}
