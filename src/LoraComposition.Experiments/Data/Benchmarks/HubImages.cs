using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Opens a data set of pictures in the hub's Parquet files.</summary>
internal static class HubImages
{
    /// <summary>Reads the labels of every part; pictures are read when asked for.</summary>
    /// <param name="name">What to call the data set; the part is appended.</param>
    /// <param name="parts">The files of each part.</param>
    /// <param name="table">How they store it.</param>
    /// <param name="known">The names of the classes where they are known; null for those of the files, or for numbers.</param>
    /// <param name="splitSeed">The seed of the split where there is no test part.</param>
    public static ImageSplits Open(string name, IReadOnlyDictionary<HubPart, IReadOnlyList<string>> parts, HubTable table, IReadOnlyList<string>? known,
        int splitSeed)
    {
        if (!parts.TryGetValue(HubPart.Train, out var trainPaths))
            throw new DataException(parts.Values.First()[0], "there is no training part beside this file; add its Parquet files.");
        var train = Read(trainPaths, table);
        var test = parts.TryGetValue(HubPart.Test, out var testPaths) ? Read(testPaths, table) : ([], []);
        var classNames = ClassNames([.. train.Files, .. test.Files], known) ?? Numbered(train.Rows.Concat(test.Rows).Max(r => r.Label) + 1);
        if (test.Files.Count == 0) return ImageSplits.Seeded(new ParquetImageDataset(name, classNames, train.Files, train.Rows), splitSeed);
        return new(new ParquetImageDataset($"{name}-train", classNames, train.Files, train.Rows),
            new ParquetImageDataset($"{name}-test", classNames, test.Files, test.Rows));
    }

    static (IReadOnlyList<ParquetImageFile> Files, IReadOnlyList<ParquetImageRow> Rows) Read(IReadOnlyList<string> paths, HubTable table)
    {
        ParquetImageFile[] files = [.. paths.Select(path => new ParquetImageFile(path, table))];
        ParquetImageRow[] rows = [.. files.SelectMany((file, f) => file.Labels(table).Select(r => new ParquetImageRow(f, r.Group, r.Row, r.Label)))];
        if (rows.Length > 0) return (files, rows);
        throw new DataException(paths[0], table.Only is { } only ? $"expected rows whose column '{only.Column}' is '{only.Value}', found none."
            : "expected at least one row, found none.");
    }

    /// <summary>The names that all files agree on; null where they have none.</summary>
    static IReadOnlyList<string>? ClassNames(IReadOnlyList<ParquetImageFile> files, IReadOnlyList<string>? known)
    {
        var expected = known;
        foreach (var file in files)
        {
            if (file.ClassNames is not { } found) continue;
            expected ??= found;
            if (!found.SequenceEqual(expected, StringComparer.Ordinal))
                throw new DataException(file.Path,
                    $"expected the classes {Shown(expected)}, found {Shown(found)}; labels are positions among the classes, so all files need the same ones.");
        }
        return expected;
    }

    static string[] Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"class-{i:D3}")];

    static string Shown(IReadOnlyList<string> names) => $"{Excerpt.Of(string.Join(", ", names))} ({names.Count})";
}

/// <summary>A part of a data set that a Parquet file may be.</summary>
internal enum HubPart
{
    Train,
    Test,
}

/// <summary>How the hub stores one data set of pictures.</summary>
internal sealed record HubTable
{
    /// <summary>The folders that may hold the files, from the data set's folder.</summary>
    public IReadOnlyList<string> Folders { get; init; } = ["", "data"];

    /// <summary>The words in file names that stand for each part. Files without one are passed over.</summary>
    public IReadOnlyDictionary<string, HubPart> PartWords { get; init; } = new Dictionary<string, HubPart> { ["train"] = HubPart.Train, ["test"] = HubPart.Test };

    /// <summary>The names that the column of pictures may have.</summary>
    public IReadOnlyList<string> ImageColumns { get; init; } = ["image", "img"];

    /// <summary>The names that the column of labels may have.</summary>
    public IReadOnlyList<string> LabelColumns { get; init; } = ["label", "labels"];

    /// <summary>A column of texts and the text in it that a row must have to be read; null for every row.</summary>
    public (string Column, string Value)? Only { get; init; }

    /// <summary>The files of each part below a folder; null where there is none.</summary>
    public IReadOnlyDictionary<HubPart, IReadOnlyList<string>>? FilesIn(string folder) =>
        Folders.Select(f => Path.Combine(folder, f)).Where(Directory.Exists).Select(f => PartFiles.In(f, [".parquet"], PartWords)).FirstOrDefault(p => p.Count > 0);
}
