using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>The training of a LoRA module for people to share: what pictures and texts have in common.</summary>
/// <remarks>Not thread-safe.</remarks>
public abstract class ModuleRun
{
    readonly BaseModelFolder baseModel;
    readonly double validationShare;

    private protected ModuleRun(BaseModelFolder baseModel, ModuleTrainingOptions? options, double validationShare, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        Options = options ?? new ModuleTrainingOptions();
        Options.Validate();
        if (validationShare is not (>= 0 and < 1)) throw new ArgumentException($"The validation share is {validationShare}; it must lie in [0, 1).", nameof(validationShare));
        (this.baseModel, this.validationShare, Logger) = (baseModel, validationShare, logger);
    }

    private protected ModuleTrainingOptions Options { get; }

    private protected ILogger? Logger { get; }

    /// <summary>The key of a training on some data, whose further settings are told in a text.</summary>
    private protected string KeyOf(string dataFingerprint, string further) =>
        ModuleReport.KeyOf(baseModel.Fingerprint, dataFingerprint, $"{baseModel.Dtype} {validationShare} {further}", Options);

    /// <summary>Holds a part of each class out; none where the share is 0.</summary>
    private protected (IReadOnlyList<int> Train, IReadOnlyList<int> Validation) Split(IReadOnlyList<int> labels, int classes)
    {
        if (validationShare == 0) return ([.. Enumerable.Range(0, labels.Count)], []);
        var split = TrainValidationSplit.CreateByFraction(labels, classes, validationShare, Options.Seed);
        return (split.Train, split.Validation);
    }

    /// <summary>Trains and reports.</summary>
    /// <param name="data">What is learned from.</param>
    /// <param name="train">Trains the module.</param>
    /// <param name="warnings">What is known to be doubtful; what shows in the training is added.</param>
    /// <param name="progress">Is told each warning that is added.</param>
    private protected TrainedModule Run(ModuleData data, Func<(LoraAdapter Module, TrainingOutcome Outcome)> train, List<string> warnings, IProgressReporter progress)
    {
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var (module, outcome) = train();
        if (outcome.Validation is null) Warn(warnings, "Nothing was held out, so the last state was kept and its accuracy is not known.", progress);
        Warn(warnings, module.ZeroWarning, progress);
        return new TrainedModule(module, new ModuleReport
        {
            Name = module.Name,
            Base = new BaseReference(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseModel.Folder))), baseModel.Fingerprint),
            Task = data.Task,
            Data = data.Name,
            DataFingerprint = data.Fingerprint,
            Classes = data.Classes,
            Training = Options,
            Outcome = outcome,
            TrainableParameters = module.ParameterCount,
            Preprocessing = data.Preprocessing,
            Dtype = baseModel.Dtype.ToString(),
            Device = ComputeDevice.Describe(baseModel.Device),
            Skipped = data.Skipped,
            Warnings = warnings,
            Versions = SoftwareVersions.Current,
            StartedUtc = started,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
        });
    }

    private protected static void Warn(List<string> warnings, string? warning, IProgressReporter progress)
    {
        if (warning is null) return;
        warnings.Add(warning);
        progress.Report($"warning: {warning}");
    }

    /// <summary>How many samples of each class are learned from and held out.</summary>
    private protected static IReadOnlyList<ClassSamples> Count(IReadOnlyList<string> names, IReadOnlyList<int> labels, IReadOnlyList<int> train, IReadOnlyList<int> validation) =>
        [.. names.Zip(CountOf(names.Count, labels, train), CountOf(names.Count, labels, validation)).Select(row => new ClassSamples(row.First, row.Second, row.Third))];

    static int[] CountOf(int classes, IReadOnlyList<int> labels, IReadOnlyList<int> positions)
    {
        int[] counts = new int[classes];
        foreach (int position in positions) counts[labels[position]]++;
        return counts;
    }
}

/// <summary>What a module is trained on, for its report.</summary>
/// <param name="Task">What the module does.</param>
/// <param name="Name">What the data are called.</param>
/// <param name="Fingerprint">Their hash.</param>
/// <param name="Classes">How many samples of each class there are.</param>
/// <param name="Preprocessing">How pictures are made ready; null for texts.</param>
sealed record ModuleData(string Task, string Name, string Fingerprint, IReadOnlyList<ClassSamples> Classes, ImagePreprocessing? Preprocessing)
{
    /// <summary>What cannot be used and was left out.</summary>
    public IReadOnlyList<SkippedSample> Skipped { get; init; } = [];
}
