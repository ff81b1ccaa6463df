namespace LoraComposition.FewShot;

/// <summary>Labelled pictures that come as streams, of a database, an archive or a service: each is opened when it is asked for.</summary>
/// <remarks>Immutable. Pictures are opened on several threads at once, so what opens them must be safe for that.</remarks>
public sealed class ImageStreamDataset : ImageDataset
{
    readonly IReadOnlyList<(string Name, Func<Stream> Open, int Label)> pictures;
    readonly Lazy<string> fingerprint;

    /// <summary>Gathers pictures by the names of their classes.</summary>
    /// <param name="name">What the data set is called in reports and messages.</param>
    /// <param name="pictures">A name of its own for each picture, what opens its file's bytes (JPEG or PNG), and the name of its class.</param>
    /// <exception cref="ArgumentException">There is no picture, two have one name, or a class has no name.</exception>
    public ImageStreamDataset(string name, IEnumerable<(string Name, Func<Stream> Open, string ClassName)> pictures)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(pictures);
        var all = pictures.ToArray();
        if (all.Length == 0) throw new ArgumentException($"Data set '{name}' holds no picture; give at least one.", nameof(pictures));
        if (all.Any(picture => string.IsNullOrWhiteSpace(picture.ClassName)))
            throw new ArgumentException($"Data set '{name}': a picture has no class.", nameof(pictures));
        if (all.GroupBy(picture => picture.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Data set '{name}': two pictures are called '{twice.Key}'.", nameof(pictures));
        Name = name;
        ClassNames = [.. all.Select(picture => picture.ClassName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var labels = ClassNames.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        this.pictures = [.. all.Select(picture => (picture.Name, picture.Open, labels[picture.ClassName]))];
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            hash.Add("streams");
            foreach (var picture in all) hash.Add(picture.Name).Add(picture.ClassName);
            return hash.ToHex();
        });
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>The name of each class, in ordinal order; the position is the label.</summary>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => pictures.Count;

    /// <summary>A hash of the name and class of every picture, in lower-case hexadecimal; the pictures themselves are not read.</summary>
    public override string Fingerprint => fingerprint.Value;

    /// <inheritdoc/>
    public override int Label(int index)
    {
        CheckIndex(index);
        return pictures[index].Label;
    }

    /// <inheritdoc/>
    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        using var stream = pictures[index].Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return ImageFileDecoder.Decode(bytes.ToArray(), message => new DataException($"{Name}: {pictures[index].Name}", message));
    }
}
