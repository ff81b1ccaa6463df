using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Trains a LoRA module with its head on a folder of labelled pictures: what <see cref="ImageAdaptation"/> composes later.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageModuleRun : ModuleRun
{
    readonly ImageBaseModel baseModel;
    readonly bool skipDamaged;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="options">The settings; defaults where not given.</param>
    /// <param name="validationShare">The part of each class's pictures that is held out to stop the training by, in [0, 1); 0: the last state is kept. Passed over
    /// where the data have a validation part of their own. Default 0.1.</param>
    /// <param name="skipDamaged">Whether pictures that cannot be read are left out; otherwise they are refused, all together. Default false.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public ImageModuleRun(ImageBaseModel baseModel, ModuleTrainingOptions? options = null, double validationShare = 0.1, bool skipDamaged = false, ILogger? logger = null)
        : base(baseModel, options, validationShare, logger) => (this.baseModel, this.skipDamaged) = (baseModel, skipDamaged);

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
    /// <exception cref="DataException">There are fewer than two classes, or pictures are damaged and not to be skipped, or all of a class; the message counts and names
    /// them.</exception>
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
        using var images = new PreprocessedImages(all, baseModel.Preprocessing);
        var pictures = new WholePictures(skipDamaged);
        int[] whole = pictures.ReadAll(images, progress, cancellation);
        pictures.RefuseDamaged(data);
        Warn(warnings, pictures.Warning(data), progress);
        var present = whole.Where(i => i < dataset.Count).Select(i => labels[i]).ToHashSet();
        if (whole.Length < labels.Length && dataset.ClassNames.Where((_, label) => !present.Contains(label)).FirstOrDefault() is { } empty)
            throw new DataException(dataset.Name, $"class '{empty}' has no picture that can be read, so nothing of it can be learned.");
        var (train, validation) = dataset.Count < labels.Length
            ? ([.. whole.Where(i => i < dataset.Count)], [.. whole.Where(i => i >= dataset.Count)])
            : Split(labels, whole, dataset.ClassNames.Count);
        Warn(warnings, TinyBase.Warning(baseModel, images.MedianSide()), progress);

        using var trainer = new ImageTrainer(baseModel, images, logger: Logger);
        var learned = new ModuleData("image classification", dataset.Name, dataset.Fingerprint, Count(dataset.ClassNames, labels, train, validation), baseModel.Preprocessing) { Skipped = pictures.Skipped(data) };
        return Run(learned, () => trainer.TrainModule(name, train, validation, Options, state, progress, cancellation), warnings, progress);
    }

    // The positions of the pictures that are whole, drawn as if there were no others.
    (IReadOnlyList<int> Train, IReadOnlyList<int> Validation) Split(int[] labels, int[] whole, int classes)
    {
        var (train, validation) = Split([.. whole.Select(i => labels[i])], classes);
        return ([.. train.Select(i => whole[i])], [.. validation.Select(i => whole[i])]);
    }
}
