using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A published data set of labelled pictures: where its files lie and how it is split. Reads its original layout and the hub's Parquet files.</summary>
/// <remarks>
/// Parquet files are found in the folder or its sub-folder <c>data</c>, as <c>train-00000-of-0000N.parquet</c> and <c>test-…</c>, with a column <c>image</c> (a
/// struct with
/// the encoded <c>bytes</c>) and a column <c>label</c>. A further part, for validation, is not used; without a test part the training part is split.
/// Immutable, and safe to use from several threads.
/// </remarks>
public abstract class ImageBenchmark
{
    private protected ImageBenchmark(string name, string files) => (Name, Files) = (name, files);

    /// <summary>What the data set is called, in lower case: <c>food101</c>.</summary>
    public string Name { get; }

    /// <summary>The files that are expected in the folder, as a sentence part: <c>images/&lt;class&gt;/*.jpg with …</c>.</summary>
    public string Files { get; }

    /// <summary>The seed of the split where the publisher has none. Default 0.</summary>
    public int SplitSeed { get; init; }

    /// <summary>The sub-folders that archives of the original layout unpack to.</summary>
    private protected virtual IReadOnlyList<string> SubFolders => [];

    private protected virtual HubTable Hub { get; } = new();

    /// <summary>The classes where they are known beforehand and must be the ones that are found; null where the files say.</summary>
    private protected virtual IReadOnlyList<string>? ClassNames => null;

    /// <summary>Opens both parts from a folder in either layout. Pictures are decoded when asked for.</summary>
    /// <param name="folder">The folder that holds the files, or the one that the publisher's archive was unpacked in.</param>
    /// <returns>The training part and the test part, with the same classes.</returns>
    /// <exception cref="DataException">The folder is missing, holds neither layout, or a file of it is missing or damaged; the message says what is expected
    /// where.</exception>
    public ImageSplits Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DataException(folder, $"the folder is missing; {Name} needs {Expected}.");
        try
        {
            if (new[] { folder }.Concat(SubFolders.Select(f => Path.Combine(folder, f))).FirstOrDefault(IsOriginal) is { } original) return OpenOriginal(original);
            if (Hub.FilesIn(folder) is { } parts) return HubImages.Open(Name, parts, Hub, ClassNames, SplitSeed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be read: {e.Message}", e);
        }
        throw new DataException(folder, $"{Name} needs {Expected}; found neither. Data of one's own needs another name.");
    }

    /// <summary>Whether a folder looks like the original layout. What is then missing is an error.</summary>
    private protected abstract bool IsOriginal(string folder);

    private protected abstract ImageSplits OpenOriginal(string folder);

    string Expected => $"{Files}, or the model hub's Parquet files ({string.Join(", ", Hub.PartWords.Keys.Select(w => $"{w}-*.parquet"))})";
}

/// <summary>The published data sets that can be read, for programs that let the user choose one by its name.</summary>
public static class ImageBenchmarks
{
    /// <summary>Every data set, with the default split seed. The four domains of PACS are four data sets.</summary>
    public static IReadOnlyList<ImageBenchmark> All { get; } =
        [new Cifar100(), new Food101(), new StanfordCars(), new Sun397(), new Flowers102(), new EuroSat(), .. Enum.GetValues<PacsDomain>().Select(d => new Pacs(d))];

    /// <summary>Finds a data set.</summary>
    /// <param name="name">Its <see cref="ImageBenchmark.Name"/>, in any case.</param>
    /// <returns>The data set; null where there is none of the name.</returns>
    public static ImageBenchmark? Find(string name) => All.FirstOrDefault(b => b.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
