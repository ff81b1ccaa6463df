using System.Diagnostics;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Trains a LoRA module with its head on a folder of labelled pictures: what <see cref="ImageAdaptation"/> composes later.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageModuleRun
{
    readonly ImageBaseModel baseModel;
    readonly ModuleTrainingOptions options;
    readonly double validationShare;
    readonly ILogger? logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="options">The settings; defaults where not given.</param>
    /// <param name="validationShare">The part of each class's pictures that is held out to stop the training by, in [0, 1); 0: the last state is kept. Passed over
    /// where the data have a validation part of their own. Default 0.1.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public ImageModuleRun(ImageBaseModel baseModel, ModuleTrainingOptions? options = null, double validationShare = 0.1, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        options ??= new ModuleTrainingOptions();
        options.Validate();
        if (validationShare is not (>= 0 and < 1)) throw new ArgumentException($"The validation share is {validationShare}; it must lie in [0, 1).", nameof(validationShare));
        (this.baseModel, this.options, this.validationShare, this.logger) = (baseModel, options, validationShare, logger);
    }

    /// <summary>What decides the numbers of a training, as a hash: the base, the pictures and the settings. The key of its <see cref="TrainingStateFile"/>.</summary>
    /// <param name="data">The labelled pictures.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string KeyOf(ImageFolderSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return ModuleReport.KeyOf(baseModel.Fingerprint, data.Train.Fingerprint + data.Validation?.Fingerprint, $"{baseModel.Dtype} {baseModel.Preprocessing} {validationShare}", options);
    }

    /// <summary>Trains the module.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="data">The labelled pictures; their test part is not looked at.</param>
    /// <param name="state">A file that the training is kept in and goes on from; none where not given.</param>
    /// <param name="progress">Is told how far the work is, and each warning in a line.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module with its report, not saved yet. The caller owns it.</returns>
    /// <exception cref="DataException">There are fewer than two classes, or a picture is damaged.</exception>
    /// <exception cref="ModelFileException">The file to go on from is damaged, or of another training.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TrainedModule Run(string name, ImageFolderSplits data, TrainingStateFile? state = null, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(data);
        progress ??= NullProgressReporter.Instance;
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var warnings = new List<string>();
        foreach (string warning in data.Warnings) Warn(warning);
        if (baseModel.Warning is { } guessed) Warn(guessed);
        var dataset = data.Train;
        if (dataset.ClassNames.Count < 2) throw new DataException(dataset.Name, $"expected at least 2 classes, found {dataset.ClassNames.Count} ('{dataset.ClassNames[0]}').");
        // A validation part of its own lies behind what is learned from.
        ImageDataset all = data.Validation is { } heldOut ? new JoinedImages(dataset, heldOut) : dataset;
        int[] labels = all.Labels();
        var (train, validation) = Split(labels, dataset.ClassNames.Count, dataset.Count);
        using var images = new PreprocessedImages(all, baseModel.Preprocessing);
        using (var bar = progress.Begin("reading pictures", labels.Length)) images.Prepare([.. Enumerable.Range(0, labels.Length)], bar, cancellation);
        if (TinyBase.Warning(baseModel, images.MedianSide()) is { } tiny) Warn(tiny);

        using var trainer = new ImageTrainer(baseModel, images, logger: logger);
        var (module, outcome) = trainer.TrainModule(name, train, validation, options, state, progress, cancellation);
        if (validation.Count == 0) Warn("Nothing was held out, so the last state was kept and its accuracy is not known.");
        if (module.ZeroWarning is { } zero) Warn(zero);
        return new TrainedModule(module, new ModuleReport
        {
            Name = name,
            Base = new BaseReference(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseModel.Folder))), baseModel.Fingerprint),
            Task = "image classification",
            Data = dataset.Name,
            DataFingerprint = dataset.Fingerprint,
            Classes = [.. dataset.ClassNames.Select((className, label) => new ClassSamples(className, train.Count(i => labels[i] == label), validation.Count(i => labels[i] == label)))],
            Training = options,
            Outcome = outcome,
            TrainableParameters = module.ParameterCount,
            Preprocessing = baseModel.Preprocessing,
            Dtype = baseModel.Dtype.ToString(),
            Device = ComputeDevice.Describe(baseModel.Device),
            Warnings = warnings,
            Versions = SoftwareVersions.Current,
            StartedUtc = started,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
        });

        void Warn(string warning)
        {
            warnings.Add(warning);
            progress.Report($"warning: {warning}");
        }
    }

    (IReadOnlyList<int> Train, IReadOnlyList<int> Validation) Split(int[] labels, int classes, int trainCount)
    {
        if (trainCount < labels.Length) return ([.. Enumerable.Range(0, trainCount)], [.. Enumerable.Range(trainCount, labels.Length - trainCount)]);
        if (validationShare == 0) return ([.. Enumerable.Range(0, labels.Length)], []);
        var split = TrainValidationSplit.CreateByFraction(labels, classes, validationShare, options.Seed);
        return (split.Train, split.Validation);
    }
}
