namespace LoraComposition.FewShot;

/// <summary>Finds picture files.</summary>
public static class ImageFileList
{
    /// <summary>
    /// Lists files and, for folders, every picture below them in ordinal order: JPEG, PNG, WebP, GIF, BMP and ICO, by their names or, where those do not say so,
    /// by their first bytes.
    /// </summary>
    /// <param name="path">A file, which is listed whatever its name, or a folder. Links are followed; hidden entries below it are passed over.</param>
    /// <param name="warn">Is told in one line what else was passed over in a folder: files that are no pictures or in a format that is not read, links that lead
    /// nowhere or in a circle.</param>
    /// <returns>The paths, beginning as the given one does.</returns>
    /// <exception cref="DataException">There is no such file or folder, the folder holds no picture, or cannot be listed.</exception>
    public static IReadOnlyList<string> Of(string path, Action<string>? warn = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) return File.Exists(path) ? [path] : throw new DataException(path, "there is no such file or folder.");
        try
        {
            var passedOver = new PassedOver();
            string[] found = [.. new PictureSearch(passedOver).Below(path, "").Select(picture => Path.Combine(path, picture.Name.Replace('/', Path.DirectorySeparatorChar)))
                .Order(StringComparer.Ordinal)];
            if (found.Length == 0)
                throw new DataException(path, $"expected pictures ({PictureFormats.Names}) in the folder or below it, found none.{passedOver.Behind(path)}");
            if (passedOver.Line(path) is { } line) warn?.Invoke(line);
            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"the folder cannot be listed: {e.Message}", e);
        }
    }
}
