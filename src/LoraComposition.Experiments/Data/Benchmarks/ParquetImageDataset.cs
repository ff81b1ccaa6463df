using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.Files;
using Parquet.Schema;

namespace LoraComposition.Experiments;

/// <summary>
/// Pictures that lie in the rows of Parquet files, in the order of the files. The labels are in memory; pictures are read a row group at a time when one is
/// asked for.
/// </summary>
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
                throw Refused(row,
                    $"expected a label from 0 to {classNames.Count - 1}, found {row.Label}; the class names and the labels are of different releases of the data set.");
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

/// <summary>One Parquet file of pictures: a struct column with the encoded bytes, and a column of labels.</summary>
internal sealed class ParquetImageFile
{
    /// <summary>More than the largest row group of the six data sets by far.</summary>
    public const long MaxGroupBytes = 1L << 30;

    const int MaxRows = 10_000_000;

    readonly ParquetFile file;
    readonly DataField image, label;
    readonly int[] starts;

    public ParquetImageFile(string path, HubTable table)
    {
        file = ParquetFile.Open(path, long.MaxValue, MaxRows);
        image = Field(table.ImageColumns.Select(c => $"{c}/bytes"));
        if (image.ClrType != typeof(ReadOnlyMemory<byte>))
            throw new DataException(path, $"column '{image.Path}': expected bytes, found {image.ClrType.Name}; give the data set's own Parquet file.");
        label = Field(table.LabelColumns);
        ClassNames = LabelNames.Of(file, label.Name);
        starts = new int[file.GroupRows.Count];
        for (int group = 1; group < starts.Length; group++) starts[group] = starts[group - 1] + file.GroupRows[group - 1];
    }

    public string Path => file.Path;

    /// <summary>The names of the classes; null where the file has none.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    public DataException Refused(int group, int row, string message) => new(Path, $"row {starts[group] + row + 1}: {message}");

    /// <summary>The row group, row and label of every row that the table asks for.</summary>
    public IEnumerable<(int Group, int Row, int Label)> Labels(HubTable table)
    {
        var only = table.Only is { } filter ? Field([filter.Column]) : null;
        for (int group = 0; group < file.GroupRows.Count; group++)
        {
            object?[] labels = Column(group, label), texts = only is null ? [] : Column(group, only);
            for (int row = 0; row < labels.Length; row++)
            {
                if (only is not null && texts[row] as string != table.Only?.Value) continue;
                yield return labels[row] is long value and >= 0 and < LabelNames.MaxClasses ? (group, row, (int)value)
                    : throw Refused(group, row,
                        $"'{label.Path}': expected a label of at least 0, found {Excerpt.Of($"{labels[row] ?? "null"}")}; use a part whose labels are published.");
            }
        }
    }

    /// <summary>The encoded pictures of a row group; null where a row has none.</summary>
    public byte[]?[] Pictures(int group) => [.. Column(group, image).Select(cell => cell as byte[])];

    public void Identify(ContentFingerprint hash) => hash.Add(file.Length).Add(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Footer)));

    object?[] Column(int group, DataField field) => ParquetColumnReader.Read(file, group, field, MaxGroupBytes, valuesPerRow: 1);

    DataField Field(IEnumerable<string> paths) =>
        paths.Select(path => file.Fields.FirstOrDefault(f => f.Path.ToString() == path && f.MaxRepetitionLevel == 0)).FirstOrDefault(f => f is not null)
            ?? throw new DataException(file.Path,
                $"expected a column '{string.Join("' or '", paths)}', found {Excerpt.Of(string.Join(", ", file.Fields.Select(f => f.Path.ToString())))}; give the data set's own Parquet file.");
}

/// <summary>Where a picture is, and its label.</summary>
internal readonly record struct ParquetImageRow(int File, int Group, int Row, int Label);

/// <summary>Reads the names of the classes that the hub's library leaves in a Parquet file: <c>{"info": {"features": {"label": {"names": […]}}}}</c>.</summary>
internal static class LabelNames
{
    public const int MaxClasses = 100_000;

    const string Key = "huggingface";

    /// <summary>The names; null where the file has none.</summary>
    public static IReadOnlyList<string>? Of(ParquetFile file, string labelColumn)
    {
        // An entry may lack its value, whatever the reader's type says.
        if (!file.Metadata.TryGetValue(Key, out string? text) || text is null) return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            var element = document.RootElement;
            foreach (string member in new[] { "info", "features", labelColumn, "names" })
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(member, out element)) return null;
            }
            if (element.ValueKind != JsonValueKind.Array) return null;
            string[] names = [.. element.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.String ? n.GetString()! : "")];
            return names.Length is > 0 and <= MaxClasses && names.All(n => n.Length > 0) ? names
                : throw new DataException(file.Path,
                    $"the metadata '{Key}' names {names.Length} classes of column '{labelColumn}'; expected 1 to {MaxClasses} texts. Write the file again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DataException(file.Path, $"the metadata '{Key}' is not valid JSON ({e.Message.TrimEnd('.')}); write the file again.", e);
        }
    }
}

/// <summary>
/// Keeps the encoded pictures of the row groups that were used last, so that a pass in order reads each group once, and a small data set is read once and for
/// all.
/// </summary>
/// <param name="capacity">The number of bytes to keep; the last group is kept whatever its size.</param>
internal sealed class PictureCache(long capacity)
{
    readonly Lock gate = new();
    readonly LinkedList<((int File, int Group) Key, byte[]?[] Pictures)> recent = new();
    readonly Dictionary<(int File, int Group), LinkedListNode<((int File, int Group) Key, byte[]?[] Pictures)>> nodes = [];
    long size;

    public byte[]?[] Get(int file, int group, Func<byte[]?[]> load)
    {
        lock (gate)
        {
            if (nodes.TryGetValue((file, group), out var node)) recent.Remove(node);
            else
            {
                node = new(((file, group), load()));
                nodes.Add((file, group), node);
                size += SizeOf(node.Value.Pictures);
            }
            recent.AddFirst(node);
            while (size > capacity && recent.Count > 1) Drop(recent.Last!);
            return node.Value.Pictures;
        }
    }

    void Drop(LinkedListNode<((int File, int Group) Key, byte[]?[] Pictures)> node)
    {
        recent.Remove(node);
        nodes.Remove(node.Value.Key);
        size -= SizeOf(node.Value.Pictures);
    }

    static long SizeOf(byte[]?[] pictures) => pictures.Sum(p => p?.LongLength ?? 0);
}
