namespace LoraComposition.FewShot;

/// <summary>Labelled pictures that come as streams, of a database, an archive or a service: each is opened when it is asked for.</summary>
/// <remarks>Immutable. Pictures are opened on several threads at once, so what opens them must be safe for that.</remarks>
public sealed class ImageStreamDataset : ImageDataset
{
    readonly IReadOnlyList<(string Name, Func<Stream> Open, int Label)> pictures;
    readonly Lazy<string> fingerprint;

    /// <summary>Gathers pictures by the names of their classes.</summary>
    /// <param name="name">What the data set is called in reports and messages.</param>
    /// <param name="pictures">A name of its own for each picture, what opens its file's bytes (JPEG or PNG), and the name of its class. What is
    /// opened is disposed after it was read.</param>
    /// <param name="classNames">The classes in the order of their labels, where they are to be another model's or data set's; a class may have no picture.
    /// Those of the pictures in ordinal order where not given.</param>
    /// <exception cref="ArgumentException">There is no picture, one has no name or nothing that opens it, two have one name, or a class has no name, is given
    /// twice or is not one of those given.</exception>
    public ImageStreamDataset(string name, IEnumerable<(string Name, Func<Stream> Open, string ClassName)> pictures, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(pictures);
        var all = pictures.ToArray();
        if (all.Length == 0) throw new ArgumentException($"Data set '{name}' holds no picture; give at least one.", nameof(pictures));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var picture in all)
        {
            if (string.IsNullOrWhiteSpace(picture.Name)) throw new ArgumentException($"Data set '{name}': a picture has no name.", nameof(pictures));
            if (picture.Open is null) throw new ArgumentException($"Data set '{name}': nothing opens the picture '{picture.Name}'.", nameof(pictures));
            if (!seen.Add(picture.Name)) throw new ArgumentException($"Data set '{name}': two pictures are called '{picture.Name}'.", nameof(pictures));
        }
        var labels = new ClassLabels(name, all.Select(picture => picture.ClassName), classNames);
        (Name, ClassNames) = (name, labels.Names);
        this.pictures = [.. all.Select(picture => (picture.Name, picture.Open, labels.Of(picture.Name, picture.ClassName)))];
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            hash.Add("streams").Add((long)ClassNames.Count);
            foreach (string className in ClassNames) hash.Add(className);
            foreach (var picture in this.pictures) hash.Add(picture.Name).Add((long)picture.Label);
            return hash.ToHex();
        });
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => pictures.Count;

    /// <summary>A hash of the classes and of the name and class of every picture, in lower-case hexadecimal; the pictures themselves are not read.</summary>
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
        var picture = pictures[index];
        string path = $"{Name}: {picture.Name}";
        return ImageFileDecoder.Decode(Read(picture.Open, path), message => new DataException(path, message));
    }

    static byte[] Read(Func<Stream> open, string path)
    {
        try
        {
            using var stream = open() ?? throw new IOException("nothing was opened");
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        }
        // A database or a service fails with exceptions of its own: to whoever reads the data set the picture has disappeared.
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            throw new DataException(path, $"the picture cannot be read: {e.Message}", e);
        }
    }
}
