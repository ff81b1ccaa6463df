using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>One picture of a class folder, and the rules for what counts as a class and as a picture.</summary>
/// <param name="Path">The file to open.</param>
/// <param name="RelativePath">The path from the data set's folder, with forward slashes on every system.</param>
/// <param name="Length">The size of the file in bytes.</param>
/// <param name="Label">The position of the class.</param>
internal sealed record ImageFile(string Path, string RelativePath, long Length, int Label)
{
    static readonly string[] extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>The names of the sub-folders of a folder, in ordinal order, without hidden ones and links that lead out of it.</summary>
    public static IReadOnlyList<string> ClassFolders(string root) =>
        [.. Directory.EnumerateDirectories(root).Where(d => Counts(d, root)).Select(d => System.IO.Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    /// <summary>The pictures of a class folder in ordinal order of their names.</summary>
    public static IEnumerable<ImageFile> InClass(string root, string className, int label) =>
        Directory.EnumerateFiles(System.IO.Path.Combine(root, className))
            .Where(path => IsPicture(path) && Counts(path, root))
            .OrderBy(path => System.IO.Path.GetFileName(path), StringComparer.Ordinal)
            .Select(path => new ImageFile(path, $"{className}/{System.IO.Path.GetFileName(path)}", new FileInfo(RealPath.Of(path)!).Length, label));

    /// <summary>Whether a file is a picture by its name.</summary>
    public static bool IsPicture(string path) => extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    static bool Counts(string path, string root) =>
        !System.IO.Path.GetFileName(path).StartsWith('.') && RealPath.Of(path) is { } real && RealPath.IsInside(real, root);
}
