using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>
/// The parts of an image folder: <c>train/&lt;class&gt;/*</c> with <c>test/&lt;class&gt;/*</c> or <c>val/&lt;class&gt;/*</c> or both, or <c>&lt;class&gt;/*</c>
/// alone.
/// </summary>
/// <param name="Train">The training part, or everything where the folder is not split.</param>
/// <param name="Test">The test part, with the classes and labels of the training part; null where there is none.</param>
public sealed record ImageFolderSplits(ImageFolderDataset Train, ImageFolderDataset? Test)
{
    static readonly (string Part, string[] Names)[] parts =
        [("train", ["train", "training"]), ("validation", ["val", "valid", "validation", "dev"]), ("test", ["test", "testing"])];

    /// <summary>The part to hold out while training, with the classes and labels of the training part; null where there is none.</summary>
    public ImageFolderDataset? Validation { get; init; }

    /// <summary>What was passed over or read in a way that may not be meant, a line each; empty where nothing was.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>
    /// Opens a folder in either layout. It is split where a sub-folder called train or training, in any case, holds nothing but folders of pictures, and other
    /// sub-folders are called test or testing, or val, valid, validation or dev, or are not there. A class may be called like a part: it holds pictures itself,
    /// or stands beside other classes and no other part.
    /// </summary>
    /// <param name="root">The folder.</param>
    /// <returns>The parts.</returns>
    /// <exception cref="DataException">The folder is missing, has no classes, a class has no pictures, the parts differ in their classes, or two folders are one
    /// part, or there is no training part beside others.</exception>
    public static ImageFolderSplits Open(string root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var warnings = new List<string>();
        try
        {
            var found = Parts(root, warnings);
            return found.Count == 0 ? Whole(root, warnings) : Split(root, found, warnings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(root, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    static ImageFolderSplits Whole(string root, List<string> warnings)
    {
        var all = ImageFolderDataset.Open(root);
        return new(all, null) { Warnings = [.. warnings, .. all.Warning is { } warning ? [warning] : Array.Empty<string>()] };
    }

    static ImageFolderSplits Split(string root, Dictionary<string, string> folders, List<string> warnings)
    {
        string name = ImageFolderDataset.NameOf(root);
        var opened = folders.ToDictionary(part => part.Key, part => ImageFolderDataset.Open(part.Value, $"{name}-{part.Key}"), StringComparer.Ordinal);
        var train = opened["train"];
        foreach (var (part, data) in opened)
            if (part != "train") CheckClasses(folders["train"], train, folders[part], data);
        return new(train, opened.GetValueOrDefault("test"))
        {
            Validation = opened.GetValueOrDefault("validation"),
            Warnings = [.. warnings, .. opened.Values.Select(data => data.Warning).OfType<string>()],
        };
    }

    /// <summary>The folder of each part; empty where the sub-folders are classes.</summary>
    static Dictionary<string, string> Parts(string root, List<string> warnings)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (RealPath.Of(root) is not { } real || !Directory.Exists(real)) return found;
        var folders = new PictureSearch(new PassedOver()).In(new DirectoryInfo(root), real, "").Where(entry => Directory.Exists(entry.Real))
            .Select(entry => entry.Entry).ToArray();
        var named = folders.Where(folder => PartOf(folder.Name) is not null && HoldsFoldersAlone(folder.FullName)).ToArray();
        string[] others = [.. folders.Except(named).Where(folder => HoldsPictures(folder.FullName)).Select(folder => folder.Name)];
        foreach (var folder in named)
        {
            if (!found.TryAdd(PartOf(folder.Name)!, folder.FullName))
                throw new DataException(root, $"'{Path.GetFileName(found[PartOf(folder.Name)!])}' and '{folder.Name}' are both the {PartOf(folder.Name)} part; keep one of them.");
        }
        if (found.Count == 0) return found;
        // A test part without classes, as competitions give it, is none to test on, but it does not make the training part a class.
        bool unlabelled = found.ContainsKey("train") && others.Any(other => PartOf(other) is not null);
        if (found.Count == 1 && others.Length > 0 && !unlabelled)
        {
            warnings.Add($"{root}: '{named[0].Name}' is read as a class, since it stands beside others ({NameList.Listed(others, 5)}); "
                + "give its own path where it is meant to be a part with classes of its own.");
            return [];
        }
        if (!found.ContainsKey("train"))
            throw new DataException(root, $"found {string.Join(" and ", named.Select(folder => $"'{folder.Name}'"))} but no folder 'train' with a sub-folder per class; "
                + "add it, or give the path of the part to learn from.");
        if (others.Length > 0) warnings.Add($"{root}: passed over {others.Length} folders beside the parts or without classes ({NameList.Listed(others, 5)}).");
        return found;
    }

    static string? PartOf(string name) => Array.Find(parts, part => part.Names.Contains(NormalForm.Of(name), StringComparer.OrdinalIgnoreCase)).Part;

    // A part holds folders of pictures and no picture itself.
    static bool HoldsFoldersAlone(string folder)
    {
        bool folders = false;
        foreach (var (entry, real) in Visible(folder))
        {
            if (Directory.Exists(real)) folders = folders || HoldsPictures(real);
            else if (PictureFormats.IsPicture(real, entry.Name, new FileInfo(real).Length, out _)) return false;
        }
        return folders;
    }

    static bool HoldsPictures(string folder) => new PictureSearch(new PassedOver()).Below(folder, "").Any();

    static IEnumerable<(FileSystemInfo Entry, string Real)> Visible(string folder) =>
        RealPath.Of(folder) is { } real ? new PictureSearch(new PassedOver()).In(new DirectoryInfo(folder), real, "") : [];

    static void CheckClasses(string trainFolder, ImageFolderDataset train, string folder, ImageFolderDataset part)
    {
        string[] onlyTrain = [.. train.ClassNames.Except(part.ClassNames, StringComparer.Ordinal)], onlyPart = [.. part.ClassNames.Except(train.ClassNames, StringComparer.Ordinal)];
        if (onlyTrain.Length + onlyPart.Length > 0)
        {
            throw new DataException(folder, $"expected the classes of {trainFolder}; missing here: {Listed(onlyTrain)}; only here: {Listed(onlyPart)}. "
                + "Labels are positions among the classes, so all parts need the same ones.");
        }
    }

    static string Listed(string[] names) => names.Length == 0 ? "none" : NameList.Listed(names, 5);
}
