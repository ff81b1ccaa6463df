using System.IO.Enumeration;

namespace LoraComposition.FewShot;

/// <summary>Finds picture files.</summary>
public static class ImageFileList
{
    /// <summary>Lists files and, for folders, every picture below them: <c>.jpg</c>, <c>.jpeg</c> or <c>.png</c>, in capitals too, in ordinal order.</summary>
    /// <param name="path">A file, which is listed whatever its name, or a folder. Hidden entries and linked folders below it are passed over.</param>
    /// <returns>The paths, beginning as the given one does.</returns>
    /// <exception cref="DataException">There is no such file or folder, the folder holds no picture, or cannot be listed.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) return File.Exists(path) ? [path] : throw new DataException(path, "there is no such file or folder.");
        try
        {
            var pictures = new FileSystemEnumerable<string>(path, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
                new EnumerationOptions
                {
                    RecurseSubdirectories = true,
                    IgnoreInaccessible = false,
                    AttributesToSkip = FileAttributes.Hidden | FileAttributes.System
                })
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && ImageFile.IsPicture(entry.FileName.ToString()),
                ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),   // links may lead round in a circle
            };
            string[] found = [.. pictures.Order(StringComparer.Ordinal)];
            return found.Length > 0 ? found : throw new DataException(path, "expected pictures (.jpg, .jpeg, .png) in the folder or below it, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"the folder cannot be listed: {e.Message}", e);
        }
    }
}
