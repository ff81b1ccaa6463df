using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Pictures that lie in the rows of Parquet files, in the order of the files. The labels are in memory; pictures are read a row group at a time when one is asked for.</summary>
internal sealed class ParquetImageDataset : ImageDataset
{
    /// <summary>Holds all of CIFAR-100, EuroSAT or PACS; a pass in order over a larger data set needs a row group only.</summary>
    public const long CacheCapacity = 256L * 1024 * 1024;

    readonly IReadOnlyList<ParquetImageFile> files;
    readonly IReadOnlyList<ParquetImageRow> rows;
    readonly PictureCache cache = new(CacheCapacity);
    readonly Lazy<string> fingerprint;

    public ParquetImageDataset(string name, IReadOnlyList<string> classNames, IReadOnlyList<ParquetImageFile> files, IReadOnlyList<ParquetImageRow> rows)
    {
        (Name, ClassNames, this.files, this.rows) = (name, classNames, files, rows);
        foreach (var row in rows)
        {
            if (row.Label >= classNames.Count)
                throw Refused(row, $"expected a label from 0 to {classNames.Count - 1}, found {row.Label}; the class names and the labels are of different releases of the data set.");
        }
        fingerprint = new(() =>
        {
            using var hash = new ContentFingerprint();
            hash.Add("parquet");
            foreach (var file in files) file.Identify(hash);
            foreach (var row in rows) hash.Add((long)row.File).Add(row.Group).Add(row.Row).Add(row.Label);
            return hash.ToHex();
        });
    }

    public override string Name { get; }

    public override IReadOnlyList<string> ClassNames { get; }

    public override int Count => rows.Count;

    /// <summary>A hash of the files' sizes and of what they say about their columns, and of the labels; the pictures themselves are not read.</summary>
    public override string Fingerprint => fingerprint.Value;

    public override int Label(int index)
    {
        CheckIndex(index);
        return rows[index].Label;
    }

    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        var row = rows[index];
        byte[] bytes = cache.Get(row.File, row.Group, () => files[row.File].Pictures(row.Group))[row.Row]
            ?? throw Refused(row, "expected the bytes of a picture, found null; write the file with its pictures embedded.");
        return ImageFileDecoder.Decode(bytes, message => Refused(row, message));
    }

    DataException Refused(ParquetImageRow row, string message) => files[row.File].Refused(row.Group, row.Row, message);
}
