namespace LoraComposition.FewShot;

/// <summary>Labelled pictures that are decoded when asked for. Every member may be called from several threads at once.</summary>
/// <remarks>Reading it is safe from several threads, of every data set: pictures are decoded on all cores.</remarks>
public abstract class ImageDataset
{
    /// <summary>What the data set is called in reports and messages.</summary>
    public abstract string Name { get; }

    /// <summary>The name of each class; the position is the label.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of pictures.</summary>
    public abstract int Count { get; }

    /// <summary>A hash of the identity of the content, in lower-case hexadecimal: two data sets with one fingerprint hold the same pictures and labels.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>The label of one picture, without decoding it.</summary>
    /// <param name="index">The picture, from 0 to <see cref="Count"/> − 1.</param>
    /// <returns>A position in <see cref="ClassNames"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    public abstract int Label(int index);

    /// <summary>Decodes one picture.</summary>
    /// <param name="index">The picture, from 0 to <see cref="Count"/> − 1.</param>
    /// <returns>The picture in its own size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    /// <exception cref="DataException">The picture is damaged, too large or has disappeared.</exception>
    public abstract RgbImage Decode(int index);

    /// <summary>Collects the labels of all pictures.</summary>
    /// <returns>A new array of <see cref="Count"/> labels.</returns>
    public int[] Labels()
    {
        var labels = new int[Count];
        for (int i = 0; i < labels.Length; i++) labels[i] = Label(i);
        return labels;
    }

    /// <summary>Refuses an index that is not one of this data set.</summary>
    /// <param name="index">The index to check.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    protected void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Data set '{Name}' has {Count} pictures; the index must be from 0 to {Count - 1}.");
    }
}

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
                throw new ArgumentOutOfRangeException(nameof(indices), index,
                    $"Data set '{source.Name}' has {source.Count} pictures; indices must be from 0 to {source.Count - 1}.");
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

/// <summary>A decoded picture: 8 bits each of red, green and blue, interleaved, row by row from the top left.</summary>
/// <remarks>Immutable by convention: the array that the constructor takes must not be written to afterwards.</remarks>
public sealed class RgbImage
{
    readonly byte[] pixels;

    /// <summary>Takes over the pixels of a picture.</summary>
    /// <param name="width">The width in pixels, at least 1.</param>
    /// <param name="height">The height in pixels, at least 1.</param>
    /// <param name="pixels">The colours, <c>[height, width, 3]</c>. Not copied.</param>
    /// <exception cref="ArgumentException">The number of bytes is not <c>3 · width · height</c>, or a side is not positive.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.LongLength != 3L * width * height)
            throw new ArgumentException($"Expected {3L * width * height} bytes for {width} x {height} pixels, found {pixels.LongLength}.", nameof(pixels));
        (Width, Height, this.pixels) = (width, height, pixels);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The colours, <c>[height, width, 3]</c>.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>
    /// The orientation that the picture's file asks for, by which the picture was turned: 1 to 8 as EXIF numbers them. Default 1, which turns nothing.
    /// </summary>
    public int Orientation { get; private init; } = PictureOrientation.Upright;

    /// <summary>Turns a picture as an orientation tag asks.</summary>
    /// <param name="orientation">The orientation as EXIF numbers it, from 1 to 8; another number turns nothing, as viewers have it.</param>
    /// <returns>The picture as it is to be shown; this object where nothing is to be turned.</returns>
    public RgbImage Turned(int orientation) => orientation is <= PictureOrientation.Upright or > PictureOrientation.Last ? this
        : PictureOrientation.Turn(this, orientation) is var (width, height, turned) ? new RgbImage(width, height, turned) { Orientation = orientation } : this;

    /// <summary>The picture as its file stores it: the turn that its orientation asked for is undone, as Pillow's <c>Image.open</c> reads it.</summary>
    /// <returns>The picture as stored; this object where it was not turned.</returns>
    public RgbImage AsStored() => Orientation == PictureOrientation.Upright ? this
        : PictureOrientation.Turn(this, PictureOrientation.Inverse(Orientation)) is var (width, height, turned) ? new RgbImage(width, height, turned) : this;
}
