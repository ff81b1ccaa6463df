
namespace LoraComposition.FewShot;

/// <summary>The pictures that a list of the publisher names, in the order of the list.</summary>
public sealed class ImageListDataset : ImageFileDataset
{
    ImageListDataset(string name, IReadOnlyList<string> classNames, IReadOnlyList<ImageFile> files) : base(name, classNames, files)
    {
    }

    /// <summary>Finds every picture of a list. No picture is opened.</summary>
    /// <param name="name">What to call the data set.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="listFile">The file that the list comes from, for messages.</param>
    /// <param name="root">The folder that the paths of the list begin in.</param>
    /// <param name="pictures">The list.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="DataException">The list is empty, names a picture twice, a missing one or one outside of the folder, or a label that no class has.</exception>
    public static ImageListDataset Open(string name, IReadOnlyList<string> classNames, string listFile, string root, IEnumerable<ListedPicture> pictures)
    {
        try
        {
            var lookup = new PictureLookup(root);
            var files = new List<ImageFile>();
            var places = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var picture in pictures)
            {
                DataException Refusal(string message) => new(listFile, $"{picture.Place}: {message}");
                if ((uint)picture.Label >= (uint)classNames.Count)
                    throw Refusal($"expected the number of one of {classNames.Count} classes, found {picture.Label + 1L}; use the lists and the class names of one release of the data set.");
                var file = lookup.Find(picture, Refusal);
                if (!places.TryAdd(file.RelativePath, picture.Place)) throw Refusal($"the picture '{file.RelativePath}' was already listed at {places[file.RelativePath]}; list every picture once.");
                files.Add(file);
            }
            return files.Count > 0 ? new ImageListDataset(name, classNames, files) : throw new DataException(listFile, "expected at least one picture, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(root, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>Refuses a picture that is in both parts of one folder: it would be tested on what was learned.</summary>
    public static void RefuseShared(ImageListDataset train, ImageListDataset test, string testList)
    {
        var seen = Enumerable.Range(0, train.Count).Select(train.RelativePath).ToHashSet(StringComparer.Ordinal);
        if (Enumerable.Range(0, test.Count).Select(test.RelativePath).FirstOrDefault(seen.Contains) is { } shared)
            throw new DataException(testList, $"the picture '{shared}' is in the training list too; use the lists as they were published.");
    }

    private protected override void Identify(ContentFingerprint hash, IReadOnlyList<ImageFile> files)
    {
        hash.Add("list");
        foreach (var file in files) hash.Add(file.RelativePath).Add(file.Length).Add((long)file.Label);
    }
}
