using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>A folder with a sub-folder of pictures per class, at any depth below it: JPEG, PNG, WebP, BMP, ICO, and of a GIF the first picture.</summary>
/// <remarks>
/// Classes and their pictures are in ordinal order of their names, which are compared in Unicode's composed form: folders whose names differ in nothing else are
/// one class. Links are followed. Names that begin with a full stop are passed over; what else is no picture is counted in <see cref="Warning"/>. Pictures are
/// decoded as <see cref="ImageFileDecoder"/> does it, at most 64 · 2²⁰ pixels each.
/// </remarks>
public sealed class ImageFolderDataset : ImageFileDataset
{
    ImageFolderDataset(string name, IReadOnlyList<string> classNames, IReadOnlyList<ImageFile> files) : base(name, classNames, files)
    {
    }

    /// <summary>What was passed over in the folder, in one line; null where nothing was.</summary>
    public string? Warning { get; private init; }

    /// <summary>Lists the classes and pictures of a folder. No picture is decoded; files that have no picture's name are looked into.</summary>
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
            var passedOver = new PassedOver();
            var classes = Classes(root, passedOver);
            if (classes.Count == 0)
                throw new DataException(folder, $"expected a sub-folder of pictures per class, found no sub-folder.{passedOver.Behind(folder)}");
            var files = new List<ImageFile>();
            foreach (var (label, (className, folders)) in classes.Index())
            {
                int before = files.Count;
                files.AddRange(folders.SelectMany(path => new PictureSearch(passedOver).Below(path, Path.GetFileName(path)))
                    .Select(picture => new ImageFile(picture.Path, NormalForm.Of(picture.Name), picture.Length, label))
                    .OrderBy(picture => picture.RelativePath, StringComparer.Ordinal).ThenBy(picture => picture.Path, StringComparer.Ordinal));
                if (files.Count == before)
                    throw new DataException(Path.Combine(folder, Path.GetFileName(folders[0])),
                        $"expected pictures ({PictureFormats.Names}), found none; add some or remove the sub-folder.{passedOver.Behind(folder)}");
            }
            return new ImageFolderDataset(name ?? NameOf(folder), [.. classes.Select(@class => @class.Name)], files) { Warning = passedOver.Line(folder) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>What a data set is called where nothing else is said: the name of its folder.</summary>
    internal static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private protected override void Identify(ContentFingerprint hash, IReadOnlyList<ImageFile> files)
    {
        hash.Add("folder");
        foreach (var file in files) hash.Add(file.RelativePath).Add(file.Length);
    }

    static List<(string Name, string[] Folders)> Classes(string root, PassedOver passedOver)
    {
        var folders = new List<string>();
        foreach (var (entry, real) in new PictureSearch(passedOver).In(new DirectoryInfo(root), root, ""))
        {
            if (!Directory.Exists(real))
            {
                if (PictureFormats.HasExtension(entry.Name)) passedOver.Add("pictures beside the folders of the classes", entry.Name);
            }
            else if (real == root || RealPath.IsInside(root, real)) passedOver.Add("links that lead in a circle", entry.Name);
            else folders.Add(entry.FullName);
        }
        return [.. folders.GroupBy(folder => NormalForm.Of(Path.GetFileName(folder)), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.ToArray()))];
    }
}
