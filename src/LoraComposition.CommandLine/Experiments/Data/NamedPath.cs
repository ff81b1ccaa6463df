using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>What a data set on a command line consists of.</summary>
public enum NamedDataKind
{
    /// <summary>Pictures in a folder.</summary>
    Images,

    /// <summary>Texts in a file.</summary>
    Texts,
}

/// <summary>A data set as a command line gives it: <c>NAME=DIR</c> of pictures, <c>NAME=FILE</c> of texts.</summary>
/// <param name="Name">What it is called; published data sets by the name they are known by.</param>
/// <param name="Path">Its folder or file, which exists.</param>
public sealed record NamedPath(string Name, string Path)
{
    // The modules of an experiment lie beside the folders that are called after the data.
    const string Taken = "modules";

    /// <summary>Whether a text is one, and not a mere name.</summary>
    /// <param name="text">What was given.</param>
    /// <returns>True where it holds an equals sign.</returns>
    public static bool Is(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('=', StringComparison.Ordinal);
    }

    /// <summary>Reads one.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">What was given.</param>
    /// <param name="kind">What it consists of.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="UsageException">It has no name that can be a folder's, or there is no such folder or file.</exception>
    public static NamedPath Read(string option, string text, NamedDataKind kind)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Split('=', 2) is not [var name, { Length: > 0 } path])
        {
            string expected = kind == NamedDataKind.Images ? "NAME=DIR, for example pets=my-pictures" : "NAME=FILE, for example reviews=reviews.jsonl";
            throw new UsageException($"{option}: '{text}': expected {expected}.");
        }
        if (!IsName(name)) throw new UsageException($"{option}: '{name}' cannot be a name; give letters, digits, '-', '_' and '.', and not '{Taken}'.");
        return kind == NamedDataKind.Images ? Images(option, name, path) : Texts(option, name, path);
    }

    static NamedPath Images(string option, string name, string path) => Directory.Exists(path) ? new(ImageBenchmarks.Find(name)?.Name ?? name, path)
        : throw new UsageException($"{option}: {name}={path}: {(File.Exists(path) ? "that is a file; expected a folder of pictures" : "there is no such folder")}.");

    static NamedPath Texts(string option, string name, string path)
    {
        if (OwnTexts.IsFile(path) && File.Exists(path)) return new(name, path);
        string problem = File.Exists(path) || Directory.Exists(path) ? "expected a file of texts, .jsonl, .json or .csv; folders of pictures are for --modality vision"
            : "there is no such file";
        throw new UsageException($"{option}: {name}={path}: {problem}.");
    }

    static bool IsName(string name) => name.Length > 0 && name[0] != '.' && name.All(c => char.IsLetterOrDigit(c) || "-_.".Contains(c, StringComparison.Ordinal))
        && !name.Equals(Taken, StringComparison.OrdinalIgnoreCase);
}
