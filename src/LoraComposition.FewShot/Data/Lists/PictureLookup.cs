using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Finds the pictures that a list names. Every folder is listed once; a path that leads out of the root is refused.</summary>
internal sealed class PictureLookup(string root)
{
    readonly string realRoot = RealPath.Of(root) is { } real && Directory.Exists(real) ? real : throw new DataException(root, "the folder of the pictures is missing.");
    readonly Dictionary<string, IReadOnlyDictionary<string, FileInfo>> folders = new(StringComparer.Ordinal);

    /// <summary>Finds one picture, whatever the case of its extension; the extension may be missing in the list.</summary>
    public ImageFile Find(ListedPicture listed, Func<string, DataException> refusal)
    {
        string[] parts = listed.RelativePath.Split('/');
        if (parts.Any(p => p is "" or "." or ".." || p.StartsWith('.') || p.AsSpan().ContainsAny("\\:\0")))
            throw refusal($"expected the path of a picture in the data set's folder, found '{Excerpt.Of(listed.RelativePath)}'.");
        string folder = string.Join('/', parts[..^1]), name = parts[^1];
        if (!folders.TryGetValue(folder, out var pictures)) folders.Add(folder, pictures = PicturesIn(folder));
        string stem = ImageFile.IsPicture(name) ? Path.GetFileNameWithoutExtension(name) : name;
        if (!pictures.TryGetValue(name, out var file) && !pictures.TryGetValue(stem, out file))
            throw refusal($"the picture '{Excerpt.Of(listed.RelativePath)}' is missing in {root}; complete the pictures.");
        return new ImageFile(file.FullName, folder.Length == 0 ? file.Name : $"{folder}/{file.Name}", Target(file, refusal).Length, listed.Label);
    }

    Dictionary<string, FileInfo> PicturesIn(string folder)
    {
        var found = new Dictionary<string, FileInfo>(StringComparer.Ordinal);
        if (RealPath.Of(Path.Combine(realRoot, folder)) is not { } real || !Directory.Exists(real) || (real != realRoot && !RealPath.IsInside(real, realRoot))) return found;
        FileInfo[] files = [.. new DirectoryInfo(real).EnumerateFiles().Where(f => !f.Name.StartsWith('.') && ImageFile.IsPicture(f.Name)).OrderBy(f => f.Name, StringComparer.Ordinal)];
        foreach (var file in files) found[file.Name] = file;
        // A list may leave the extension out, or write it in the other case.
        foreach (var file in files) found.TryAdd(Path.GetFileNameWithoutExtension(file.Name), file);
        return found;
    }

    FileInfo Target(FileInfo file, Func<string, DataException> refusal)
    {
        if (!file.Attributes.HasFlag(FileAttributes.ReparsePoint)) return file;
        return RealPath.Of(file.FullName) is { } real && RealPath.IsInside(real, realRoot) ? new FileInfo(real)
            : throw refusal($"the picture '{Excerpt.Of(file.Name)}' is a link that leads out of {root}; put the picture there itself.");
    }
}
