using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>A folder with a sub-folder of pictures per class: <c>&lt;class&gt;/*.jpg</c>, <c>.jpeg</c> or <c>.png</c>, in capitals too.</summary>
/// <remarks>
/// Classes and their pictures are in ordinal order of their names. Other files, deeper folders, names that begin with a full stop and links that
/// lead out of the folder are passed over. Pictures are decoded as Pillow's <c>convert('RGB')</c> does: alpha is dropped. At most 64 · 2²⁰ pixels each.
/// </remarks>
public sealed class ImageFolderDataset : ImageFileDataset
{
    ImageFolderDataset(string name, IReadOnlyList<string> classNames, IReadOnlyList<ImageFile> files) : base(name, classNames, files)
    {
    }

    /// <summary>Lists the classes and pictures of a folder. No picture is opened.</summary>
    /// <param name="folder">The folder whose sub-folders are the classes.</param>
    /// <param name="name">What to call the data set; the folder's name where not given.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="DataException">The folder is missing, has no classes, or one of them has no pictures.</exception>
    public static ImageFolderDataset Open(string folder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (RealPath.Of(folder) is not { } root || !Directory.Exists(root))
            throw new DataException(folder, "the folder is missing; give a folder with a sub-folder of pictures per class.");
        try
        {
            var classes = ImageFile.ClassFolders(root);
            if (classes.Count == 0) throw new DataException(folder, "expected a sub-folder of pictures per class, found no sub-folder.");
            var files = new List<ImageFile>();
            for (int label = 0; label < classes.Count; label++)
            {
                int before = files.Count;
                files.AddRange(ImageFile.InClass(root, classes[label], label));
                if (files.Count == before)
                    throw new DataException(Path.Combine(folder, classes[label]),
                        "expected pictures (.jpg, .jpeg, .png), found none; add some or remove the sub-folder.");
            }
            return new ImageFolderDataset(name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), classes, files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    private protected override void Identify(ContentFingerprint hash, IReadOnlyList<ImageFile> files)
    {
        hash.Add("folder");
        foreach (var file in files) hash.Add(file.RelativePath).Add(file.Length);
    }
}

/// <summary>The parts of an image folder: <c>train/&lt;class&gt;/*</c> and <c>test/&lt;class&gt;/*</c>, or <c>&lt;class&gt;/*</c> alone.</summary>
/// <param name="Train">The training part, or everything where the folder is not split.</param>
/// <param name="Test">The test part, with the classes and labels of the training part; null where there is none.</param>
public sealed record ImageFolderSplits(ImageFolderDataset Train, ImageFolderDataset? Test)
{
    /// <summary>
    /// Opens a folder in either layout. It counts as split where it has a folder <c>train</c> that holds folders itself; then anything else but <c>test</c> is
    /// passed over.
    /// </summary>
    /// <param name="root">The folder.</param>
    /// <returns>Both parts.</returns>
    /// <exception cref="DataException">The folder is missing, has no classes, a class has no pictures, or the two parts differ in their classes.</exception>
    public static ImageFolderSplits Open(string root)
    {
        ArgumentNullException.ThrowIfNull(root);
        string trainFolder = Path.Combine(root, "train"), testFolder = Path.Combine(root, "test");
        if (!Directory.Exists(trainFolder) || !Directory.EnumerateDirectories(trainFolder).Any()) return new(ImageFolderDataset.Open(root), null);

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)));
        var train = ImageFolderDataset.Open(trainFolder, $"{name}-train");
        if (!Directory.Exists(testFolder)) return new(train, null);
        var test = ImageFolderDataset.Open(testFolder, $"{name}-test");
        string[] onlyTrain = [.. train.ClassNames.Except(test.ClassNames)], onlyTest = [.. test.ClassNames.Except(train.ClassNames)];
        if (onlyTrain.Length + onlyTest.Length > 0)
        {
            throw new DataException(testFolder, $"expected the classes of {trainFolder}; missing here: {Listed(onlyTrain)}; only here: {Listed(onlyTest)}. "
                + "Labels are positions among the classes, so both parts need the same ones.");
        }
        return new(train, test);
    }

    static string Listed(string[] names) => names.Length switch
    {
        0 => "none",
        <= 5 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(5))} and {names.Length - 5} more",
    };
}
