using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The file of a run cannot be used. The message names the file, what is wrong with it and what to do.</summary>
public class RunFileException : LoraCompositionException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="message">What is wrong and what to do, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal RunFileException(string path, string message, Exception? inner = null) : base($"{path}: {message}", inner) => Path = path;

    /// <summary>The file that cannot be used.</summary>
    public string Path { get; }
}

/// <summary>The file of a run holds the result of another configuration or experiment. Nothing was changed.</summary>
public sealed class RunConflictException : RunFileException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the run asked for.</param>
    /// <param name="found">What the file holds.</param>
    internal RunConflictException(string path, string expected, string found)
        : base(path, $"expected a result of {expected}, found one of {found}. Choose another folder with --out, or remove the file to run it again.") =>
        (Expected, Found) = (expected, found);

    /// <summary>What the run asked for.</summary>
    public string Expected { get; }

    /// <summary>What the file holds.</summary>
    public string Found { get; }
}

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
