using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Trains a LoRA module with its head on a folder of labelled pictures: what <see cref="ImageAdaptation"/> composes later.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageModuleRun : ModuleRun
{
    readonly ImageBaseModel baseModel;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="options">The settings; defaults where not given.</param>
    /// <param name="validationShare">The part of each class's pictures that is held out to stop the training by, in [0, 1); 0: the last state is kept. Passed over
    /// where the data have a validation part of their own. Default 0.1.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public ImageModuleRun(ImageBaseModel baseModel, ModuleTrainingOptions? options = null, double validationShare = 0.1, ILogger? logger = null)
        : base(baseModel, options, validationShare, logger) => this.baseModel = baseModel;

    /// <summary>What decides the numbers of a training, as a hash: the base, the pictures and the settings. The key of its <see cref="TrainingStateFile"/>.</summary>
    /// <param name="data">The labelled pictures.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string KeyOf(ImageFolderSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return KeyOf(data.Train.Fingerprint + data.Validation?.Fingerprint, $"{baseModel.Preprocessing}");
    }

    /// <summary>Trains the module.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="data">The labelled pictures; their test part is not looked at.</param>
    /// <param name="state">A file that the training is kept in and goes on from; none where not given.</param>
    /// <param name="progress">Is told how far the work is, and each warning in a line.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module with its report, not saved yet. The caller owns it.</returns>
    /// <exception cref="DataException">There are fewer than two classes, or pictures are damaged.</exception>
    /// <exception cref="ModelFileException">The file to go on from is damaged, or of another training.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TrainedModule Run(string name, ImageFolderSplits data, TrainingStateFile? state = null, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(data);
        progress ??= NullProgressReporter.Instance;
        var warnings = new List<string>();
        foreach (string warning in data.Warnings) Warn(warnings, warning, progress);
        Warn(warnings, baseModel.Warning, progress);
        var dataset = data.Train;
        if (dataset.ClassNames.Count < 2) throw new DataException(dataset.Name, $"expected at least 2 classes, found {dataset.ClassNames.Count} ('{dataset.ClassNames[0]}').");
        // A validation part of its own lies behind what is learned from.
        ImageDataset all = data.Validation is { } heldOut ? new JoinedImages(dataset, heldOut) : dataset;
        int[] labels = all.Labels();
        var (train, validation) = dataset.Count < labels.Length
            ? ([.. Enumerable.Range(0, dataset.Count)], [.. Enumerable.Range(dataset.Count, labels.Length - dataset.Count)])
            : Split(labels, dataset.ClassNames.Count);
        using var images = new PreprocessedImages(all, baseModel.Preprocessing);
        using (var bar = progress.Begin("reading pictures", labels.Length)) images.Prepare([.. Enumerable.Range(0, labels.Length)], bar, cancellation);
        Warn(warnings, TinyBase.Warning(baseModel, images.MedianSide()), progress);

        using var trainer = new ImageTrainer(baseModel, images, logger: Logger);
        var learned = new ModuleData("image classification", dataset.Name, dataset.Fingerprint, Count(dataset.ClassNames, labels, train, validation), baseModel.Preprocessing);
        return Run(learned, () => trainer.TrainModule(name, train, validation, Options, state, progress, cancellation), warnings, progress);
    }
}
