using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One task: images to learn from, with a validation part held out of them, and images to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The images that training and validation are drawn from. Not owned.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The images to test on, all of them; null for a task that is only learned from. Not owned.</param>
public sealed record ImageTask(string Name, PreprocessedImages Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation, PreprocessedImages? Test)
    : FewShotTask<PreprocessedImages>(Name, Train, Pool, Validation, Test)
{
    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames => Train.Dataset.ClassNames;

    private protected override string SampleNoun => "images";

    private protected override string FingerprintOf(PreprocessedImages samples) => samples.Dataset.Fingerprint;

    private protected override int CountOf(PreprocessedImages samples) => samples.Dataset.Count;
}

/// <summary>Makes tasks of data sets, each with a validation part held out, and owns their prepared images.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageTasks : IDisposable
{
    const int SplitSeed = 0;
    readonly ImagePreprocessing preprocessing;
    readonly int validationPerClass;
    readonly List<PreprocessedImages> images = [];

    /// <summary>Starts without a task.</summary>
    /// <param name="preprocessing">How the model wants its images.</param>
    /// <param name="validationPerClass">The images of each class held out of the training part, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public ImageTasks(ImagePreprocessing preprocessing, int validationPerClass)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfLessThan(validationPerClass, 1);
        (this.preprocessing, this.validationPerClass) = (preprocessing, validationPerClass);
    }

    /// <summary>Makes a task.</summary>
    /// <param name="name">What the task is called, for files and tables.</param>
    /// <param name="train">The images to learn from, of which the validation part is held out. Not owned.</param>
    /// <param name="test">The images to test on; null for a task that is only learned from. Not owned.</param>
    /// <returns>The task; usable until this object is disposed.</returns>
    public ImageTask Create(string name, ImageDataset train, ImageDataset? test = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(train);
        var split = TrainValidationSplit.CreatePerClass(train.Labels(), train.ClassNames.Count, validationPerClass, SplitSeed);
        return new ImageTask(name, Prepared(train), split.Train, split.Validation, test is null ? null : Prepared(test));
    }

    /// <summary>Lets go of the prepared images of all tasks.</summary>
    public void Dispose() => images.ForEach(prepared => prepared.Dispose());

    PreprocessedImages Prepared(ImageDataset dataset)
    {
        var prepared = new PreprocessedImages(dataset, preprocessing);
        images.Add(prepared);
        return prepared;
    }
}
