using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The two parts of a data set, with the same classes and labels.</summary>
/// <param name="Train">What may be learned from.</param>
/// <param name="Test">What is tested on.</param>
public sealed record ImageSplits(ImageDataset Train, ImageDataset Test)
{
    /// <summary>The part of each class that is tested on where the publisher has no split.</summary>
    internal const double TestFraction = 0.2;

    /// <summary>
    /// Splits a data set whose publisher did not: a fifth of each class, rounded, is tested on, and every class keeps at least one picture for training.
    /// </summary>
    /// <param name="all">The data set.</param>
    /// <param name="seed">The seed. A class's part depends on the seed, its label and its number of pictures only.</param>
    /// <returns>The two parts; each keeps the order of the data set.</returns>
    internal static ImageSplits Seeded(ImageDataset all, int seed)
    {
        ArgumentNullException.ThrowIfNull(all);
        var split = TrainValidationSplit.CreateByFraction(all.Labels(), all.ClassNames.Count, TestFraction, seed, RandomStream.TestPart);
        return new(new DatasetView(all, split.Train, $"{all.Name}-train"), new DatasetView(all, split.Validation, $"{all.Name}-test"));
    }
}

/// <summary>The pictures of some classes of another data set, relabelled 0, 1, 2 … in the order in which the classes are given.</summary>
/// <remarks>The pictures keep the order of their source. Immutable, and safe to use from several threads.</remarks>
public sealed class LabelSubset : ImageDataset
{
    readonly DatasetView view;
    readonly Dictionary<int, int> newLabels = [];
    readonly Lazy<string> fingerprint;

    /// <summary>Keeps some classes of a data set.</summary>
    /// <param name="source">The data set to look into.</param>
    /// <param name="labels">The labels in the source to keep, at least one, each once; the first becomes 0.</param>
    /// <param name="name">What to call the subset; the source's name where not given.</param>
    /// <exception cref="ArgumentException">No label is given, one is given twice, or one is not of the source.</exception>
    public LabelSubset(ImageDataset source, IReadOnlyList<int> labels, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0) throw new ArgumentException($"No label of data set '{source.Name}' is kept; give at least one.", nameof(labels));
        for (int i = 0; i < labels.Count; i++)
        {
            if ((uint)labels[i] >= (uint)source.ClassNames.Count)
                throw new ArgumentException($"Data set '{source.Name}' has the labels 0 to {source.ClassNames.Count - 1}, found {labels[i]}.", nameof(labels));
            if (!newLabels.TryAdd(labels[i], i)) throw new ArgumentException($"Label {labels[i]} is given twice; give each label once.", nameof(labels));
        }
        view = new DatasetView(source, [.. Enumerable.Range(0, source.Count).Where(i => newLabels.ContainsKey(source.Label(i)))], name);
        SourceLabels = [.. labels];
        ClassNames = [.. labels.Select(l => source.ClassNames[l])];
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            return hash.Add("labels").Add(source.Fingerprint).Add(SourceLabels).ToHex();
        });
    }

    /// <inheritdoc/>
    public override string Name => view.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => view.Count;

    /// <inheritdoc/>
    public override string Fingerprint => fingerprint.Value;

    /// <summary>The label in the source of each class of the subset.</summary>
    public IReadOnlyList<int> SourceLabels { get; }

    /// <summary>The position in the source of each picture of the subset.</summary>
    public IReadOnlyList<int> SourceIndices => view.SourceIndices;

    /// <inheritdoc/>
    public override int Label(int index) => newLabels[view.Label(index)];

    /// <inheritdoc/>
    public override RgbImage Decode(int index) => view.Decode(index);
}
