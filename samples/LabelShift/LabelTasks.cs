using LoraComposition.CommandLine;
using LoraComposition.FewShot.Data;
using LoraComposition.FewShot.Data.Cifar;
using LoraComposition.FewShot.Data.Folders;
using LoraComposition.FewShot.Data.Preprocessing;
using LoraComposition.FewShot.Data.Procedural;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Experiments.Images;

namespace LabelShift;

/// <summary>Makes tasks of ranges of labels. Owns the prepared images.</summary>
sealed class LabelTasks : IDisposable
{
    const int EmbeddedClasses = 40, EmbeddedTrain = 120, EmbeddedTest = 50, SplitSeed = 0;
    readonly ImageDataset train, test;
    readonly ImagePreprocessing preprocessing;
    readonly int validationPerClass;
    readonly List<PreprocessedImages> images = [];

    LabelTasks(ImageDataset train, ImageDataset test, ImagePreprocessing preprocessing, int validationPerClass) =>
        (this.train, this.test, this.preprocessing, this.validationPerClass) = (train, test, preprocessing, validationPerClass);

    /// <summary>The number of classes of the data.</summary>
    public int ClassCount => train.ClassNames.Count;

    public static LabelTasks Open(LabelShiftSettings settings, ImagePreprocessing preprocessing)
    {
        var (train, test) = OpenData(settings);
        return new LabelTasks(train, test, preprocessing, settings.Experiment.Validation);
    }

    /// <summary>A task to train a module for.</summary>
    public ImageTask Upstream(LabelRange range) => Task(range, tested: false);

    /// <summary>A task to learn from few images and to test.</summary>
    public ImageTask Downstream(LabelRange range) => Task(range, tested: true);

    public void Dispose() => images.ForEach(i => i.Dispose());

    ImageTask Task(LabelRange range, bool tested)
    {
        var learned = Add(new LabelSubset(train, range.Labels));
        var split = TrainValidationSplit.CreatePerClass(learned.Dataset.Labels(), range.Count, validationPerClass, SplitSeed);
        return new ImageTask(range.Name, learned, split.Train, split.Validation, tested ? Add(new LabelSubset(test, range.Labels)) : null);
    }

    static (ImageDataset Train, ImageDataset Test) OpenData(LabelShiftSettings settings)
    {
        switch (settings.Data)
        {
            case DataSource.Cifar100:
                return (Cifar100Dataset.Open(settings.Path!, train: true), Cifar100Dataset.Open(settings.Path!, train: false));
            case DataSource.Folder:
                var splits = ImageFolderSplits.Open(settings.Path!);
                if (splits.Test is { } test) return (splits.Train, test);
                // Without an official split a fifth of each class is the test set.
                var split = TrainValidationSplit.CreateByFraction(splits.Train.Labels(), splits.Train.ClassNames.Count, 0.2, SplitSeed);
                return (new DatasetView(splits.Train, split.Train), new DatasetView(splits.Train, split.Validation));
            default:
                int[] ids = [.. Enumerable.Range(0, EmbeddedClasses)];
                return (new FractalDataset(ids, EmbeddedTrain), new FractalDataset(ids, EmbeddedTest, firstInstance: EmbeddedTrain));
        }
    }

    PreprocessedImages Add(ImageDataset dataset)
    {
        var prepared = new PreprocessedImages(dataset, preprocessing);
        images.Add(prepared);
        return prepared;
    }
}
