using LoraComposition.CommandLine;
using LoraComposition.FewShot.Data;
using LoraComposition.FewShot.Data.Cifar;
using LoraComposition.FewShot.Data.Folders;
using LoraComposition.FewShot.Data.Preprocessing;
using LoraComposition.FewShot.Data.Procedural;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Experiments.Images;

namespace LabelShift;

/// <summary>The label sets as tasks: all but one upstream, one downstream.</summary>
sealed class LabelShiftTasks : IDisposable
{
    const int EmbeddedClasses = 40, EmbeddedTrain = 120, EmbeddedTest = 50, SplitSeed = 0;
    readonly List<PreprocessedImages> images = [];

    LabelShiftTasks(LabelShiftSettings settings, ImageDataset train, ImageDataset test, ImagePreprocessing preprocessing)
    {
        int classes = train.ClassNames.Count;
        if (classes < settings.Splits) throw new UsageException($"--splits {settings.Splits}: the data has only {classes} classes.");
        var tasks = Enumerable.Range(0, settings.Splits).Select(set =>
        {
            int first = set * classes / settings.Splits, end = (set + 1) * classes / settings.Splits;
            bool downstream = set == settings.Downstream - 1;
            int[] labels = [.. Enumerable.Range(first, end - first)];
            var learned = Add(new LabelSubset(train, labels), preprocessing);
            var split = TrainValidationSplit.CreatePerClass(learned.Dataset.Labels(), labels.Length, settings.Experiment.Validation, SplitSeed);
            return new ImageTask($"labels-{first:D3}-{end - 1:D3}", learned, split.Train, split.Validation, downstream ? Add(new LabelSubset(test, labels), preprocessing) : null);
        }).ToArray();
        Upstream = [.. tasks.Where(t => t.Test is null)];
        Downstream = tasks.Single(t => t.Test is not null);
    }

    public IReadOnlyList<ImageTask> Upstream { get; }

    public ImageTask Downstream { get; }

    public static LabelShiftTasks Create(LabelShiftSettings settings, ImagePreprocessing preprocessing)
    {
        var (train, test) = Open(settings);
        return new LabelShiftTasks(settings, train, test, preprocessing);
    }

    public void Dispose() => images.ForEach(i => i.Dispose());

    static (ImageDataset Train, ImageDataset Test) Open(LabelShiftSettings settings)
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

    PreprocessedImages Add(ImageDataset dataset, ImagePreprocessing preprocessing)
    {
        var prepared = new PreprocessedImages(dataset, preprocessing);
        images.Add(prepared);
        return prepared;
    }
}
