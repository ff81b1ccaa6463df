namespace LoraComposition.Experiments;

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
