using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>The pictures that a list names, a publisher's or one of your own, in the order of the list.</summary>
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
    /// <exception cref="DataException">The list is empty, names a picture twice, a missing one or one outside of the folder, or a label that no class
    /// has.</exception>
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
                if (!places.TryAdd(file.RelativePath, picture.Place))
                    throw Refusal($"the picture '{file.RelativePath}' was already listed at {places[file.RelativePath]}; list every picture once.");
                files.Add(file);
            }
            return files.Count > 0 ? new ImageListDataset(name, classNames, files) : throw new DataException(listFile, "expected at least one picture, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(root, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>Finds pictures by their paths, each with its class. No picture is opened.</summary>
    /// <param name="name">What to call the data set.</param>
    /// <param name="root">The folder that the paths begin in.</param>
    /// <param name="pictures">The path of each picture from that folder, with forward slashes, and the name of its class.</param>
    /// <param name="classNames">The classes in the order of their labels, where they are to be another model's or data set's; a class may have no picture.
    /// Those of the pictures in ordinal order where not given.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="ArgumentException">A picture has no path, or a class has no name, is given twice or is not one of those given.</exception>
    /// <exception cref="DataException">There is no picture, one is listed twice, is missing or outside of the folder, or the folder is missing.</exception>
    public static ImageListDataset Of(string name, string root, IEnumerable<(string Path, string ClassName)> pictures, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        ArgumentNullException.ThrowIfNull(pictures);
        var all = pictures.ToArray();
        if (all.Any(picture => picture.Path is null)) throw new ArgumentException($"Data set '{name}': a picture has no path.", nameof(pictures));
        var labels = new ClassLabels(name, all.Select(picture => picture.ClassName), classNames);
        return Open(name, labels.Names, name, root,
            all.Select((picture, i) => new ListedPicture($"picture {i + 1}", picture.Path, labels.Of(picture.Path, picture.ClassName))));
    }

    /// <summary>Refuses a picture that is in both parts of one folder: it would be tested on what was learned.</summary>
    /// <param name="train">The training part.</param>
    /// <param name="test">The test part.</param>
    /// <param name="testList">The file that lists the test part, for messages.</param>
    /// <exception cref="DataException">A picture is in both.</exception>
    public static void RefuseShared(ImageListDataset train, ImageListDataset test, string testList)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
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

/// <summary>A picture as a list names it.</summary>
/// <param name="Place">Where the list names it: a line, or an entry of a variable.</param>
/// <param name="RelativePath">Its path from the folder of pictures, with forward slashes; the extension may be missing.</param>
/// <param name="Label">The position of its class.</param>
public sealed record ListedPicture(string Place, string RelativePath, int Label);

/// <summary>
/// Finds the pictures that a list names. Every folder is listed once; a path that leads out of the root by itself is refused. Links in the folder are followed,
/// for data sets lie on other disks.
/// </summary>
internal sealed class PictureLookup(string root)
{
    readonly string realRoot = RealPath.Of(root) is { } real && Directory.Exists(real) ? real
        : throw new DataException(root, "the folder of the pictures is missing.");
    readonly Dictionary<string, IReadOnlyDictionary<string, FileInfo>> folders = new(StringComparer.Ordinal);

    /// <summary>Finds one picture, whatever the case of its extension; the extension may be missing in the list.</summary>
    public ImageFile Find(ListedPicture listed, Func<string, DataException> refusal)
    {
        string[] parts = listed.RelativePath.Split('/');
        if (parts.Any(p => p is "" or "." or ".." || p.StartsWith('.') || p.AsSpan().ContainsAny("\\:\0")))
            throw refusal($"expected the path of a picture in the data set's folder, found '{Excerpt.Of(listed.RelativePath)}'.");
        string folder = string.Join('/', parts[..^1]), name = parts[^1];
        if (!folders.TryGetValue(folder, out var pictures)) folders.Add(folder, pictures = PicturesIn(folder));
        string stem = PictureFormats.HasExtension(name) ? Path.GetFileNameWithoutExtension(name) : name;
        if (!pictures.TryGetValue(name, out var file) && !pictures.TryGetValue(stem, out file))
            throw refusal($"the picture '{Excerpt.Of(listed.RelativePath)}' is missing in {root}; complete the pictures.");
        return new ImageFile(file.FullName, folder.Length == 0 ? file.Name : $"{folder}/{file.Name}", Target(file, refusal).Length, listed.Label);
    }

    Dictionary<string, FileInfo> PicturesIn(string folder)
    {
        var found = new Dictionary<string, FileInfo>(StringComparer.Ordinal);
        if (RealPath.Of(Path.Combine(realRoot, folder)) is not { } real || !Directory.Exists(real)) return found;
        FileInfo[] files = [.. new DirectoryInfo(real).EnumerateFiles().Where(f => !f.Name.StartsWith('.') && PictureFormats.HasExtension(f.Name))
            .OrderBy(f => f.Name, StringComparer.Ordinal)];
        foreach (var file in files) found[file.Name] = file;
        // A list may leave the extension out, or write it in the other case.
        foreach (var file in files) found.TryAdd(Path.GetFileNameWithoutExtension(file.Name), file);
        return found;
    }

    static FileInfo Target(FileInfo file, Func<string, DataException> refusal)
    {
        if (!file.Attributes.HasFlag(FileAttributes.ReparsePoint)) return file;
        return RealPath.Of(file.FullName) is { } real ? new FileInfo(real)
            : throw refusal($"the picture '{Excerpt.Of(file.Name)}' is a link that leads nowhere; put the picture there itself.");
    }
}
