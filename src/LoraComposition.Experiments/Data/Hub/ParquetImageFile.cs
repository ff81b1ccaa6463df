using LoraComposition.FewShot;
using LoraComposition.Files;
using Parquet.Schema;

namespace LoraComposition.Experiments;

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
        if (image.ClrType != typeof(ReadOnlyMemory<byte>)) throw new DataException(path, $"column '{image.Path}': expected bytes, found {image.ClrType.Name}; give the data set's own Parquet file.");
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
                    : throw Refused(group, row, $"'{label.Path}': expected a label of at least 0, found {Excerpt.Of($"{labels[row] ?? "null"}")}; use a part whose labels are published.");
            }
        }
    }

    /// <summary>The encoded pictures of a row group; null where a row has none.</summary>
    public byte[]?[] Pictures(int group) => [.. Column(group, image).Select(cell => cell as byte[])];

    public void Identify(ContentFingerprint hash) => hash.Add(file.Length).Add(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Footer)));

    object?[] Column(int group, DataField field) => ParquetColumnReader.Read(file, group, field, MaxGroupBytes, valuesPerRow: 1);

    DataField Field(IEnumerable<string> paths) =>
        paths.Select(path => file.Fields.FirstOrDefault(f => f.Path.ToString() == path && f.MaxRepetitionLevel == 0)).FirstOrDefault(f => f is not null)
            ?? throw new DataException(file.Path, $"expected a column '{string.Join("' or '", paths)}', found {Excerpt.Of(string.Join(", ", file.Fields.Select(f => f.Path.ToString())))}; give the data set's own Parquet file.");
}
