using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>Makes tasks of ranges of a data set's labels. Owns the prepared images.</summary>
public sealed class LabelTasks : IDisposable
{
    const int EmbeddedClasses = 40, EmbeddedTrain = 120, EmbeddedTest = 50;
    readonly ImageDataset train, test;
    readonly ImageTasks tasks;

    LabelTasks(NamedImages images, ImageTasks tasks) => (train, test, Remarks, this.tasks) = (images.Splits.Train, images.Splits.Test, images.Remarks, tasks);

    /// <summary>What a reader of the results must know of the data, a line each; empty where there is nothing.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>The number of classes of the data.</summary>
    public int ClassCount => train.ClassNames.Count;

    /// <summary>Opens the data.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="preprocessing">How the model wants its images.</param>
    /// <param name="validationPerClass">The images of each class held out of the training part, at least 1.</param>
    /// <returns>The tasks. The caller owns them.</returns>
    /// <exception cref="DataException">The data is missing or damaged.</exception>
    public static LabelTasks Open(LabelData data, ImagePreprocessing preprocessing, int validationPerClass)
    {
        ArgumentNullException.ThrowIfNull(data);
        var images = data.Files is { } files ? NamedImages.Open(files.Name, files.Path, validationPerClass) : Embedded();
        return new LabelTasks(images, new ImageTasks(preprocessing, validationPerClass));
    }

    /// <summary>A task to train a module for.</summary>
    /// <param name="range">The labels.</param>
    /// <returns>The task, without test images.</returns>
    public ImageTask Upstream(LabelRange range) => tasks.Create(range.Name, new LabelSubset(train, range.Labels));

    /// <summary>A task to learn from few images and to test.</summary>
    /// <param name="range">The labels.</param>
    /// <returns>The task.</returns>
    public ImageTask Downstream(LabelRange range) => tasks.Create(range.Name, new LabelSubset(train, range.Labels), new LabelSubset(test, range.Labels));

    /// <summary>Lets go of the prepared images.</summary>
    public void Dispose() => tasks.Dispose();

    static NamedImages Embedded()
    {
        int[] ids = [.. Enumerable.Range(0, EmbeddedClasses)];
        return new("embedded", new(new FractalDataset(ids, EmbeddedTrain), new FractalDataset(ids, EmbeddedTest, firstInstance: EmbeddedTrain)));
    }
}

/// <summary>Neighbouring labels.</summary>
/// <param name="First">The first, from 0.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct LabelRange(int First, int End)
{
    // A model that knows one class alone is right without learning anything.
    const int Fewest = 2;

    /// <summary>Their number.</summary>
    public int Count => End - First;

    /// <summary>The labels themselves.</summary>
    public IReadOnlyList<int> Labels => [.. Enumerable.Range(First, Count)];

    /// <summary>What a task of them is called: <c>labels-010-019</c>.</summary>
    public string Name => $"labels-{First:D3}-{End - 1:D3}";

    /// <summary>Cuts labels into sets of nearly the same size.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="sets">The number of sets.</param>
    /// <returns>The sets, in order.</returns>
    public static IReadOnlyList<LabelRange> Split(LabelRange labels, int sets) =>
        [.. Enumerable.Range(0, sets).Select(set => new LabelRange(labels.First + set * labels.Count / sets, labels.First + (set + 1) * labels.Count / sets))];

    /// <summary>All labels in as many sets as the settings say.</summary>
    /// <param name="classes">The number of labels.</param>
    /// <param name="splits">The number of sets.</param>
    /// <param name="option">What gives that number, for messages.</param>
    /// <returns>The sets, in order.</returns>
    /// <exception cref="UsageException">There are fewer than two labels for each set.</exception>
    public static IReadOnlyList<LabelRange> Sets(int classes, int splits, string option = "--splits") =>
        classes >= Fewest * splits ? Split(new LabelRange(0, classes), splits)
            : throw new UsageException($"{option}: the data has only {classes} classes; each of the {splits} sets needs at least {Fewest}, because a single class is always guessed right.");
}
