using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads small files that come from outside.</summary>
static class SmallFile
{
    /// <summary>Checks that a file can be read before it is opened, and how long it is.</summary>
    /// <exception cref="RunFileException">It is missing, empty, too long, or not a regular file.</exception>
    public static void Check(string path, long longest)
    {
        if (!File.Exists(path)) throw new RunFileException(path, "the file does not exist.");
        // Opening a pipe would wait for its writer; like an empty file it has no length.
        long length = File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
        if (length == 0) throw new RunFileException(path, "the file is empty and therefore damaged, or is not a regular file. Delete the file.");
        if (length > longest) throw new RunFileException(path, $"expected at most {longest} bytes, found {length}. Delete the file or leave it out.");
    }

    /// <summary>All bytes of a file.</summary>
    /// <exception cref="RunFileException">It is missing, empty, too long, or not a regular file.</exception>
    public static byte[] Read(string path, long longest)
    {
        Check(path, longest);
        return File.ReadAllBytes(path);
    }
}
