using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Progress;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class ImageAdaptationTests : IDisposable
{
    readonly TinyAdaptation tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("learned")]
    [InlineData("uniform")]
    [InlineData("lora")]
    [InlineData("classifier")]
    public void TheLoadedModelDoesWhatTheTrainedOneDid(string method)
    {
        // Without a warm-up the training improves on where it started, so that there is something to lose.
        var tuning = TinyAdaptation.Options.Tuning with { WarmUpEpochs = 0, HeadLearningRate = 0.05 };
        using var result = tiny.Run(TinyAdaptation.Options with { Methods = [TuningMethods.Vision.Find(method)!], Tuning = tuning with { Training = tuning.Training with { Steps = 20 } } });
        result.Report.Methods.Single().BestStep.Should().BePositive();
        result.Save(tiny.At("out"));

        using var loaded = AdaptedModel.Load(tiny.At("out"));

        loaded.Info.Should().BeEquivalentTo(new { Method = method, HasAdapter = method != "classifier", ClassNames = new[] { "\"pear\"", "apple, red", "plum" } });
        loaded.Weights?.AdapterNames.Should().Equal("module-1", "module-2");
        (loaded.Weights is not null).Should().Be(method is "learned" or "uniform");
        // The report's loss was measured in training, before anything was merged or saved.
        var data = ImageFolderSplits.Open(tiny.At("pictures"));
        var files = Enumerable.Range(0, data.Train.Count).ToDictionary(data.Train.RelativePath);
        using var images = new PreprocessedImages(data.Train, loaded.Preprocessing);
        var score = Evaluator.OnImages(loaded.Model, images, [.. result.Report.ValidationFiles.Select(file => files[file])], 4);
        score.Loss.Should().BeApproximately(result.Report.Methods.Single().ValidationLoss!.Value, 1e-4);
        score.Accuracy.Should().Be(result.Report.Methods.Single().ValidationAccuracy);
        using var pixels = images.Batch([0, 7, 14], TorchSharp.torch.CPU);
        using var logits = loaded.Model.call(pixels);
        using var trained = result.Model.Model.call(pixels);
        logits.allclose(trained, rtol: 0, atol: 1e-4).Should().BeTrue();
    }

    /// <summary>Trained on weights of 16 bits, kept on those of float32: what is kept does what was trained but for the rounding of the base, and the test is of what is kept.</summary>
    [Theory]
    [InlineData("learned")]
    [InlineData("lora")]
    [InlineData("classifier")]
    public void ABaseIn16BitsGivesAModelInFloat32(string method)
    {
        var tuning = TinyAdaptation.Options.Tuning with { WarmUpEpochs = 0, HeadLearningRate = 0.05 };
        var options = TinyAdaptation.Options with { Methods = [TuningMethods.Vision.Find(method)!], Tuning = tuning with { Training = tuning.Training with { Steps = 20 } } };
        var half = ImageBaseModel.Open(tiny.BaseModel.Folder, TorchSharp.torch.ScalarType.BFloat16);

        using var result = new ImageAdaptation(half, tiny.Modules, options).Run(ImageFolderSplits.Open(tiny.At("pictures")));

        result.Model.Model.parameters().Should().OnlyContain(parameter => parameter.dtype == TorchSharp.torch.ScalarType.Float32);
        result.Report.Configuration.Dtype.Should().Be("BFloat16");
        result.Report.Methods.Single().BestStep.Should().BePositive();
        var data = ImageFolderSplits.Open(tiny.At("pictures"));
        var files = Enumerable.Range(0, data.Train.Count).ToDictionary(data.Train.RelativePath);
        using var images = new PreprocessedImages(data.Train, half.Preprocessing);
        var score = Evaluator.OnImages(result.Model.Model, images, [.. result.Report.ValidationFiles.Select(file => files[file])], 4);
        score.Loss.Should().BeApproximately(result.Report.Methods.Single().ValidationLoss!.Value, 0.02);
        result.Save(tiny.At("out"));
        using var loaded = AdaptedModel.Load(tiny.At("out"));
        using var pixels = images.Batch([0, 7, 14], TorchSharp.torch.CPU);
        using var logits = loaded.Model.call(pixels);
        using var kept = result.Model.Model.call(pixels);
        logits.allclose(kept, rtol: 0, atol: 1e-5).Should().BeTrue();
    }

    [Fact]
    public void ThePhasesAreTheWholeTime()
    {
        var clock = new TickingTime();
        var times = new PhaseTimes(clock);
        long begun = clock.Passed;

        using var result = new ImageAdaptation(tiny.BaseModel, tiny.Modules, TinyAdaptation.Options, times).Run(ImageFolderSplits.Open(tiny.At("pictures")));

        var timings = result.Report.Timings;
        timings.Keys.Should().Equal("load", "decode", "features", "warm-up", "training", "validation", "test", "other");
        timings.Values.Should().OnlyContain(seconds => seconds > 0);
        ((decimal)result.Report.Seconds).Should().Be(timings.Values.Sum(seconds => (decimal)seconds));
        // The clock was looked at once to begin with; nothing that looks at it comes after the report.
        ((decimal)result.Report.Seconds).Should().Be((clock.Passed - begun - 1) / 1000m);
        // Each method is a part of it: what is not theirs is drawing, testing and taking the model over.
        foreach (var method in result.Report.Methods) method.Timings.Should().ContainKeys("load", "warm-up");
        result.Report.Methods.Single(method => method.Method == "lora").Timings.Should().ContainKeys("training", "validation");
        result.Report.Methods.Sum(method => method.Timings.Values.Sum()).Should().BeLessThan(result.Report.Seconds);
    }

    /// <summary>The second process finds all features of the first one: it computes none, and no number is another.</summary>
    [Fact]
    public void KeptFeaturesChangeNoNumber()
    {
        var options = TinyAdaptation.Options with { Methods = [.. TinyAdaptation.Options.Methods, new MergedComposition("ties")], Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 4 } } };
        (IReadOnlyList<object?> Numbers, string[] Taken) Run(FeatureCache? cache, CollectingLogger log)
        {
            using var result = new ImageAdaptation(tiny.BaseModel.Keeping(cache), tiny.Modules, options).Run(ImageFolderSplits.Open(tiny.At("pictures")));
            return ([.. result.Report.Methods.SelectMany(method => (object?[])[method.Method, method.ValidationAccuracy, method.ValidationLoss, method.BestStep]), result.Report.Chosen, result.Report.Test],
                [.. log.At(LogLevel.Debug).Where(line => line.StartsWith("Features in ", StringComparison.Ordinal))]);
        }
        FeatureCache Cache(CollectingLogger log) => new(new FeatureCacheOptions { Folder = tiny.At("features") }, log);
        var (cold, warm) = (new CollectingLogger(), new CollectingLogger());

        var without = Run(null, cold);
        var first = Run(Cache(cold), cold);
        var second = Run(Cache(warm), warm);

        first.Numbers.Should().Equal(without.Numbers);
        second.Numbers.Should().Equal(without.Numbers);
        first.Taken.Should().Contain(line => line.EndsWith(" 0 read, 6 computed", StringComparison.Ordinal));
        second.Taken.Should().HaveSameCount(first.Taken).And.OnlyContain(line => line.EndsWith(" 0 computed", StringComparison.Ordinal));
    }

    [Fact]
    public void KeepsTheBestOnTheValidationImages()
    {
        using var result = tiny.Run();

        var report = result.Report;
        report.Methods.Select(m => m.Method).Should().Equal("learned", "uniform", "lora", "classifier");
        var best = report.Methods.OrderByDescending(m => m.ValidationAccuracy).ThenBy(m => m.ValidationLoss).First();
        report.Chosen.Should().Be(best.Method);   // no two of them are equally good here
        result.Model.Info.Method.Should().Be(best.Method);
        report.Comparisons.Select(c => c.Other).Should().BeEquivalentTo(report.Methods.Select(m => m.Method).Where(m => m != best.Method));
        foreach (var comparison in report.Comparisons)
            comparison.Difference.Should().BeApproximately((best.ValidationAccuracy - report.Methods.Single(m => m.Method == comparison.Other).ValidationAccuracy)!.Value, 1e-12);
        report.ValidationCount.Should().Be(9);
        report.Classes.Should().Equal(new ClassSamples("\"pear\"", 2, 3), new ClassSamples("apple, red", 2, 3), new ClassSamples("plum", 2, 3));
        report.TrainingFiles.Should().HaveCount(6).And.NotIntersectWith(report.ValidationFiles);
        report.Warnings.Should().Equal(TinyAdaptation.Warning);
        report.Inputs.Should().Contain("base", tiny.BaseModel.Fingerprint).And.Contain("adapter module-1", tiny.Modules[0].Fingerprint!);
    }

    [Theory]
    [InlineData("lora", "classifier")]
    [InlineData("learned", "uniform")]
    public void KeepsTheSimplerOfTwoThatAreTheSame(string larger, string simpler)
    {
        // Steps this small leave the first state the best, and that is the simpler method's.
        var tuning = TinyAdaptation.Options.Tuning with { HeadLearningRate = 1e-12, LoraLearningRate = 1e-12, ComposerLearningRate = 1e-12 };

        using var result = tiny.Run(TinyAdaptation.Options with { Tuning = tuning, Methods = [TuningMethods.Vision.Find(larger)!, TuningMethods.Vision.Find(simpler)!] });

        result.Report.Chosen.Should().Be(simpler);
    }

    [Fact]
    public void TestsTheChosenModelOnTheTestImages()
    {
        using var result = tiny.Run();

        var test = ImageFolderSplits.Open(tiny.At("pictures")).Test!;
        using var images = new PreprocessedImages(test, result.Model.Preprocessing);
        var score = Evaluator.OnImages(result.Model.Model, images, [.. Enumerable.Range(0, test.Count)], 7);
        result.Report.Test!.Count.Should().Be(18);
        result.Report.Test.Accuracy.Should().BeApproximately(score.Accuracy, 1e-9);
        result.Report.Test.Loss.Should().BeApproximately(score.Loss, 1e-5);
    }

    [Fact]
    public void WithoutATestPartThereIsNoTestResult()
    {
        using var result = tiny.Run(TinyAdaptation.Options with { Methods = [new ClassifierTuning()] }, pictures: "pictures/train");

        result.Report.Test.Should().BeNull();
        result.Report.Verdict.Should().Contain("There are no test images");
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytes()
    {
        using (var first = tiny.Run()) first.Save(tiny.At("first"));
        using (var second = tiny.Run()) second.Save(tiny.At("second"));
        using (var other = tiny.Run(TinyAdaptation.Options with { Seed = 1 })) other.Save(tiny.At("other"));

        var files = Contents("first");
        files.Keys.Should().Contain(["adapted.json", "head.safetensors", "preprocessor_config.json"]);
        Contents("second").Should().BeEquivalentTo(files);
        Contents("other")["head.safetensors"].Should().NotBe(files["head.safetensors"]);
    }

    [Fact]
    public void WarnsOnceOfClassesWithTooFewImages()
    {
        TinyImageFolder.Write(tiny.At("few"), [("a", 6), ("b", 1), ("c", 2)]);
        var progress = new ScriptedProgress();

        using var result = tiny.Run(TinyAdaptation.Options with { Methods = [new ClassifierTuning()] }, "few", progress);

        progress.Lines.Should().Equal(
            "warning: 1 of 3 classes have fewer than 2 images ('b' has 1), and all of theirs are learned from; 2 of 3 classes have no image left to compare methods on ('b', 'c').",
            $"warning: {TinyAdaptation.Warning}");
        result.Report.Warnings.Select(warning => $"warning: {warning}").Should().Equal(progress.Lines);
        result.Report.Classes.Should().Equal(new ClassSamples("a", 2, 3), new ClassSamples("b", 1, 0), new ClassSamples("c", 2, 0));
    }

    [Fact]
    public void WarnsOfAModuleThatChangesNothing()
    {
        using var still = new LoraAdapter("still", [.. tiny.Modules[0].Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), TorchSharp.torch.zeros_like(layer.Value.B), 1)))]);
        var progress = new ScriptedProgress();
        var logger = new LoraComposition.Tests.Support.CollectingLogger();

        using var result = new ImageAdaptation(tiny.BaseModel, [tiny.Modules[0], still], TinyAdaptation.Options with { Methods = [new UniformComposition()] }, logger: logger)
            .Run(ImageFolderSplits.Open(tiny.At("pictures")), progress);
        result.Save(tiny.At("out"));

        progress.Lines.Should().Equal($"warning: {still.ZeroWarning}", $"warning: {TinyAdaptation.Warning}");
        logger.At(Microsoft.Extensions.Logging.LogLevel.Warning).Should().Contain([still.ZeroWarning!, TinyAdaptation.Warning]);
        result.Report.Warnings.Should().Equal(still.ZeroWarning, TinyAdaptation.Warning);
        File.ReadAllText(tiny.At("out", "report.md")).Should().Contain("Adapter 'still' changes nothing").And.Contain("the base is tiny");
    }

    [Fact]
    public void SaysThatATrainingKeptItsStart()
    {
        // Steps this small leave the first state the best.
        var tuning = TinyAdaptation.Options.Tuning with { HeadLearningRate = 1e-12, LoraLearningRate = 1e-12 };

        using var result = tiny.Run(TinyAdaptation.Options with { Tuning = tuning, Methods = [new LoraFromScratch(), new ClassifierTuning()] });
        result.Save(tiny.At("out"));

        result.Report.Methods.Should().OnlyContain(method => method.BestStep == 0);
        result.Report.Methods[0].Remarks.Should().ContainSingle().Which.Should().MatchRegex(@"^The training kept its start: no state in its \d+ steps was better on the validation part, so its 384 numbers are as before\.$");
        result.Report.Methods[1].Remarks.Should().ContainSingle().Which.Should().EndWith("so the head is as before.");
        File.ReadAllText(tiny.At("out", "report.md")).Should().Contain("- lora: The training kept its start").And.Contain("- classifier: The training kept its start");
        File.ReadAllText(tiny.At("out", "report.json")).Should().Contain("\"remarks\"");
    }

    /// <summary>All pictures are learned from, or none is to be held out.</summary>
    [Theory]
    [InlineData(6, 3)]
    [InlineData(4, 0)]
    public void WithoutImagesToHoldOutThoseLearnedFromTakeTurns(int shots, int validation)
    {
        using var result = tiny.Run(TinyAdaptation.Options with { Shots = shots, ValidationPerClass = validation, Methods = AutomaticChoice.Methods, Tuning = new() { Training = TinyAdaptation.Options.Tuning.Training with { Criterion = StoppingCriterion.Loss }, Lora = new LoraOptions { Rank = 2 } } });
        var report = result.Report;
        result.Save(tiny.At("out"));

        report.CrossValidated.Should().BeTrue();
        report.ValidationCount.Should().Be(3 * shots);
        report.ValidationFiles.Should().BeEmpty();
        report.TrainingFiles.Should().HaveCount(3 * shots);
        report.Methods.Should().HaveCount(6).And.OnlyContain(method => method.ValidationLoss > 0 && method.ValidationAccuracy <= 1);
        report.Methods.Single(method => method.Method == report.Chosen).ValidationLoss.Should().BeApproximately(report.Methods.Min(method => method.ValidationLoss)!.Value, 1e-6);
        report.Comparisons.Should().HaveCount(5);
        foreach (var comparison in report.Comparisons)
            comparison.Difference.Should().BeApproximately((report.Methods.Single(m => m.Method == report.Chosen).ValidationAccuracy - report.Methods.Single(m => m.Method == comparison.Other).ValidationAccuracy)!.Value, 1e-12);
        report.Verdict.Should().Contain($"on {3 * shots} images learned from, held out in turns");
        report.Warnings.Any(warning => warning.Contains("take turns")).Should().Be(validation > 0);
        File.ReadAllText(tiny.At("out", "report.md")).Should().Contain($"on the same {3 * shots} images learned from, held out in turns");
        using var model = AdaptedModel.Load(tiny.At("out"));
        model.Info.Method.Should().Be(report.Chosen);
    }

    [Fact]
    public void OneImageAClassTakesTheFirstMethodWithFixedSettingsAndSaysSo()
    {
        using var result = tiny.Run(TinyAdaptation.Options with { Shots = 1, ValidationPerClass = 0, Methods = AutomaticChoice.Methods, Tuning = new() });

        result.Report.Chosen.Should().Be("uniform");
        result.Report.Methods.Should().ContainSingle().Which.ValidationAccuracy.Should().BeNull();
        result.Report.Warnings.Should().Contain("a class has only one sample, so nothing can be held out of it: 'uniform' is taken, with fixed settings.");
        result.Report.Verdict.Should().StartWith("uniform was trained with fixed settings: a class has only one image");
    }

    [Fact]
    public void RefusesASingleClass()
    {
        TinyImageFolder.Write(tiny.At("one"), [("only", 6)]);

        var run = () => tiny.Run(pictures: "one");

        run.Should().Throw<DataException>().WithMessage("*at least 2 classes, found 1 ('only')*");
    }

    [Fact]
    public void NamesADamagedPicture()
    {
        File.WriteAllText(tiny.At("pictures", "train", "plum", "00.png"), "no picture");

        var run = () => tiny.Run(TinyAdaptation.Options with { Shots = 5 });

        run.Should().Throw<DataException>().WithMessage("*00.png*");
    }

    [Theory]
    [InlineData("learned: training")]
    [InlineData("lora: training")]
    [InlineData("testing")]
    public void StopsWhereItIsCancelled(string at)
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new ScriptedProgress(description =>
        {
            if (description == at) cancellation.Cancel();
        });

        var run = () => tiny.Run(progress: progress, cancellation: cancellation.Token);

        run.Should().Throw<OperationCanceledException>();
        progress.Begun[^1].Should().Be(at);
    }

    [Fact]
    public void RefusesMethodsThatCannotBeKept()
    {
        var full = () => tiny.Run(TinyAdaptation.Options with { Methods = [new FullFineTuning()] });
        var alone = () => new ImageAdaptation(tiny.BaseModel, [], TinyAdaptation.Options);
        var twice = () => new ImageAdaptation(tiny.BaseModel, [tiny.Modules[0], tiny.Modules[0]], TinyAdaptation.Options);

        full.Should().Throw<ArgumentException>().WithMessage("*'full' changes the base's own weights*");
        alone.Should().Throw<ArgumentException>().WithMessage("*'learned' composes adapters, but none are given*");
        twice.Should().Throw<ArgumentException>().WithMessage("*Two adapters are called 'module-1'*");
    }

    [Theory]
    [InlineData("learned")]
    [InlineData("uniform")]
    [InlineData("lora")]
    [InlineData("classifier")]
    public void LeavesNoTensorBehind(string method)
    {
        tiny.Run(method).Dispose();

        // The frozen backbone that gives the features, and the model that is trained.
        long loading = 2 * Left(() => tiny.BaseModel.Load(["a", "b", "c"], 0).Dispose());

        Left(() => tiny.Run(method).Dispose()).Should().Be(loading, "adapting adds nothing to what loading leaves to the collector");
    }

    static long Left(Action action)
    {
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        return TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    Dictionary<string, string> Contents(string folder) => Directory.GetFiles(tiny.At(folder), "*", SearchOption.AllDirectories)
        .Where(path => !Path.GetFileName(path).StartsWith("report.", StringComparison.Ordinal))
        .ToDictionary(path => Path.GetRelativePath(tiny.At(folder), path), path => Convert.ToHexString(File.ReadAllBytes(path)));
}
