namespace LoraComposition.FewShot;

/// <summary>Some pictures of another data set, in a given order and with the labels of their source.</summary>
public sealed class DatasetView : ImageDataset
{
    readonly ImageDataset source;
    readonly int[] sourceIndices;
    readonly Lazy<string> fingerprint;

    /// <summary>Selects pictures by their positions.</summary>
    /// <param name="source">The data set to look into.</param>
    /// <param name="indices">The positions in the source; copied.</param>
    /// <param name="name">What to call the view; the source's name where not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the source.</exception>
    public DatasetView(ImageDataset source, IReadOnlyList<int> indices, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(indices);
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)source.Count)
                throw new ArgumentOutOfRangeException(nameof(indices), index, $"Data set '{source.Name}' has {source.Count} pictures; indices must be from 0 to {source.Count - 1}.");
        }
        this.source = source;
        sourceIndices = [.. indices];
        Name = name ?? source.Name;
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            return hash.Add("view").Add(source.Fingerprint).Add(sourceIndices).ToHex();
        });
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => source.ClassNames;

    /// <inheritdoc/>
    public override int Count => sourceIndices.Length;

    /// <inheritdoc/>
    public override string Fingerprint => fingerprint.Value;

    /// <summary>The position in the source of each picture of the view.</summary>
    public IReadOnlyList<int> SourceIndices => sourceIndices;

    /// <inheritdoc/>
    public override int Label(int index)
    {
        CheckIndex(index);
        return source.Label(sourceIndices[index]);
    }

    /// <inheritdoc/>
    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        return source.Decode(sourceIndices[index]);
    }
}
