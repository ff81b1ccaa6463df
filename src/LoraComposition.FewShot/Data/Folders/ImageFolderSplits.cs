namespace LoraComposition.FewShot;

/// <summary>The parts of an image folder: <c>train/&lt;class&gt;/*</c> and <c>test/&lt;class&gt;/*</c>, or <c>&lt;class&gt;/*</c> alone.</summary>
/// <param name="Train">The training part, or everything where the folder is not split.</param>
/// <param name="Test">The test part, with the classes and labels of the training part; null where there is none.</param>
public sealed record ImageFolderSplits(ImageFolderDataset Train, ImageFolderDataset? Test)
{
    /// <summary>Opens a folder in either layout. It counts as split where it has a folder <c>train</c> that holds folders itself; then anything else but <c>test</c> is passed over.</summary>
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
