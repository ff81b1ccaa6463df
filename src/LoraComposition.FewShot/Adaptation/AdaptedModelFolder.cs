using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Puts the files of an adapted model in place together, <c>adapted.json</c> last.</summary>
static class AdaptedModelFolder
{
    /// <summary>Whether a model can be written here without replacing anything.</summary>
    public static bool IsFree(string folder) => !File.Exists(folder) && (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any());

    /// <summary>Writes a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="replace">Whether a model that is there is replaced. Files of other names stay.</param>
    /// <param name="write">Writes the files into the folder it is given.</param>
    /// <exception cref="IOException">The folder holds something and is not to be replaced, also where another process wrote it meanwhile, or it cannot be written.</exception>
    public static void Write(string folder, bool replace, Action<string> write)
    {
        if (!IsFree(folder) && !replace) throw new IOException($"{folder}: expected no folder or an empty one, found files; give another, or replace what is there.");
        StagedFolder.Write(folder, staging =>
        {
            write(staging);
            if (replace && Directory.Exists(folder)) RemoveOld(folder);
        }, replace);
    }

    // What the new model does not have must not stay, and while files are moved nothing may say that the folder is whole.
    static void RemoveOld(string folder)
    {
        foreach (string path in AdaptedModelFiles.All.Select(name => Path.Combine(folder, name)).Where(File.Exists)) File.Delete(path);
        string adapter = Path.Combine(folder, AdaptedModelFiles.Adapter);
        if (Directory.Exists(adapter) && IsFree(adapter)) Directory.Delete(adapter);
    }
}
