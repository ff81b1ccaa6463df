namespace LoraComposition.FewShot;

/// <summary>Pictures that lie in files of their own below one folder.</summary>
public abstract class ImageFileDataset : ImageDataset
{
    readonly IReadOnlyList<ImageFile> files;
    readonly Lazy<string> fingerprint;

    private protected ImageFileDataset(string name, IReadOnlyList<string> classNames, IReadOnlyList<ImageFile> files)
    {
        (Name, ClassNames, this.files) = (name, classNames, files);
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            Identify(hash, files);
            return hash.ToHex();
        });
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => files.Count;

    /// <summary>A hash of the relative path and size of every picture, in lower-case hexadecimal; the pictures themselves are not read.</summary>
    public override string Fingerprint => fingerprint.Value;

    /// <inheritdoc/>
    public override int Label(int index)
    {
        CheckIndex(index);
        return files[index].Label;
    }

    /// <summary>The file of one picture, from the data set's folder: <c>class/name.png</c>, with forward slashes on every system.</summary>
    /// <param name="index">The picture, from 0 to <see cref="ImageDataset.Count"/> − 1.</param>
    /// <returns>The relative path.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    public string RelativePath(int index)
    {
        CheckIndex(index);
        return files[index].RelativePath;
    }

    /// <inheritdoc/>
    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        return ImageFileDecoder.Decode(files[index].Path);
    }

    /// <summary>Adds what identifies the pictures and their labels.</summary>
    private protected abstract void Identify(ContentFingerprint hash, IReadOnlyList<ImageFile> files);
}

/// <summary>One picture of a class.</summary>
/// <param name="Path">The file to open.</param>
/// <param name="RelativePath">The path from the data set's folder, with forward slashes and in Unicode's composed form on every system.</param>
/// <param name="Length">The size of the file in bytes.</param>
/// <param name="Label">The position of the class.</param>
internal sealed record ImageFile(string Path, string RelativePath, long Length, int Label);
