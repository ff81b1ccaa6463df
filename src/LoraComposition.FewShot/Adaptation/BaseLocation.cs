using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Where an adapted model finds its base: a path that was given relative is kept relative to the model, so that it holds wherever a program runs.</summary>
static class BaseLocation
{
    /// <summary>The path to write into a model's folder.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="baseFolder">The base's folder, as it was given.</param>
    public static string From(string folder, string baseFolder) => Path.IsPathFullyQualified(baseFolder) ? baseFolder
        : Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(baseFolder)).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>The folder that such a path leads to.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="written">What is written in it.</param>
    /// <returns>The first of the places that exists; the one beside the model where none does.</returns>
    public static string Find(string folder, string written)
    {
        if (Path.IsPathFullyQualified(written)) return written;
        // A model's folder that is a link was written where it leads, or through the link. The last is the working folder, by which older models were written.
        string[] places = [Beside(folder), .. RealPath.Of(folder) is { } real ? [Beside(real)] : Array.Empty<string>(), written];
        return Array.Find(places, Directory.Exists) ?? places[0];

        string Beside(string place) => Path.GetFullPath(Path.Combine(Path.GetFullPath(place), written));
    }
}
