using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments.Tests.Protocol;

/// <summary>What a logger hears of modules that are trained, of experiments and of adaptations.</summary>
public class LoggingTests
{
    readonly CollectingLogger logger = new();

    [Fact]
    public void A_module_is_trained_once()
    {
        using var tiny = new TinyExperiment();
        var options = new ModuleTrainingOptions { Training = TinyExperiment.Options.Training, WarmUpEpochs = 1 };
        var training = new ImageModuleTraining(tiny.BaseModel, tiny.Task("first", [0, 1], tested: false), options, logger);
        var modules = new UpstreamModules(Path.Combine(tiny.Folder.Path, "modules"), logger);

        modules.GetOrTrain(training).Dispose();
        modules.GetOrTrain(training).Dispose();

        logger.At(LogLevel.Information).Where(line => line.Contains("module 'first'", StringComparison.Ordinal)).Should().SatisfyRespectively(
            line => line.Should().MatchRegex(@"^Trained module 'first' in \d+ ms, kept in .*first-"),
            line => line.Should().MatchRegex("^Skipped the training of module 'first': .* holds it$"));
        logger.At(LogLevel.Information).Should().ContainMatch("Trained * numbers on * samples for 6 steps in * ms; the state of step * is kept").And.ContainMatch("Attached to 6 layers, *").And.ContainMatch("Saved adapter 'first': 6 layers, *");
        logger.At(LogLevel.Debug).Should().ContainMatch("Step 6 of 6: validation accuracy *, loss *");
    }

    [Fact]
    public void A_run_is_told_with_its_score_and_one_that_is_there_as_skipped()
    {
        using var tiny = new TinyExperiment();
        using var runner = new ImageFewShotRunner(tiny.BaseModel, tiny.Task("task", [3, 4]), tiny.Modules, TinyExperiment.ModuleKeys, 5, logger: logger);
        var experiment = new FewShotExperiment("tiny", runner, new RunStore(tiny.RunFolder), logger);
        var work = TinyExperiment.Work([new UniformComposition()], [100], [0]);

        var result = experiment.Run(work).Single();
        experiment.Run(work);

        logger.At(LogLevel.Information).Should().ContainSingle(line => line.StartsWith("Run ", StringComparison.Ordinal)).Which.Should().Contain($"accuracy {result.Accuracy}").And.Contain($"on {result.TestCount} samples");
        logger.At(LogLevel.Debug).Should().ContainSingle(line => line.EndsWith(": its result is there", StringComparison.Ordinal));
        logger.At(LogLevel.Warning).Should().ContainSingle(line => line.Contains("hold fewer than 100 images", StringComparison.Ordinal));
    }

    [Fact]
    public void An_adaptation_tells_each_method()
    {
        using var tiny = new TinyAdaptation();
        var adaptation = new ImageAdaptation(tiny.BaseModel, tiny.Modules, TinyAdaptation.Options, logger: logger);

        using var result = adaptation.Run(ImageFolderSplits.Open(tiny.At("pictures")));

        foreach (var method in result.Report.Methods) logger.At(LogLevel.Information).Should().ContainMatch($"Method '{method.Method}': accuracy *, loss * on {result.Report.ValidationCount} images held out");
        logger.At(LogLevel.Information).Should().ContainMatch($"Adapted by '{result.Report.Chosen}' in * ms");
    }
}
