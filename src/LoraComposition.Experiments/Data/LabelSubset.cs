using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The pictures of some classes of another data set, relabelled 0, 1, 2 … in the order in which the classes are given.</summary>
/// <remarks>The pictures keep the order of their source.</remarks>
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
