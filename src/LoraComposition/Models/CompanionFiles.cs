using LoraComposition.Files;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Models;

/// <summary>
/// What stands beside the weights in a model-hub folder and belongs to the use of the model, such as a tokenizer: copied as it is, never interpreted.
/// Read whole before anything is written, so that a refusal leaves no half-written folder.
/// </summary>
internal sealed class CompanionFiles
{
    const int LargestFile = 64 << 20;

    /// <summary>What holds weights in some format. In another than the model's they would be those of the model before.</summary>
    static readonly string[] weights = [".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".onnx", ".gguf", ".ot", ".index.json"];

    readonly List<(string Name, byte[] Content)> files = [];

    CompanionFiles()
    {
    }

    /// <summary>Reads those of the files that are there.</summary>
    /// <param name="folder">The folder they stand in; null where nothing is to be copied.</param>
    /// <param name="names">What a model of this family may have.</param>
    /// <exception cref="CheckpointException">The folder is missing, or a file is a link that leaves it, longer than 64 MiB, or no regular file.</exception>
    public static CompanionFiles Read(string? folder, IEnumerable<string> names)
    {
        var companions = new CompanionFiles();
        if (folder is null) return companions;
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "the folder is missing, from which the files beside the weights were to be copied.");
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path)) companions.files.Add((name, Read(folder, path)));
        }
        return companions;
    }

    /// <summary>
    /// Reads those of the files that are there, and whatever else stands in the folder but weights, hidden files and the configuration. Of the latter, what is a
    /// link that leaves the folder or is very long is left out.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="needed">What a model of this family may have.</param>
    /// <param name="logger">Is told what was left out.</param>
    /// <exception cref="CheckpointException">One of the needed files is refused.</exception>
    public static CompanionFiles ReadAll(string folder, IReadOnlyList<string> needed, ILogger logger)
    {
        var companions = Read(folder, needed);
        foreach (string name in NamesIn(folder).Where(name => name != ModelConfigFile.FileName && !needed.Contains(name)))
        {
            string path = Path.Combine(folder, name);
            try
            {
                companions.files.Add((name, Read(folder, path)));
            }
            catch (CheckpointException e)
            {
                logger.CompanionLeftOut(e.Message);
            }
        }
        return companions;
    }

    /// <summary>The names of the files that stand beside the weights: no weights in other formats, and no hidden files.</summary>
    public static IReadOnlyList<string> NamesIn(string folder) =>
        [.. new DirectoryInfo(folder).EnumerateFiles().Select(file => file.Name)
            .Where(name => name[0] != '.' && !weights.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal)];

    /// <summary>The files as they are to be written into a folder.</summary>
    public IReadOnlyList<(string Path, Action<Stream> Write)> In(string folder) => [.. files.Select(file => (Path.Combine(folder, file.Name), (Action<Stream>)(stream => stream.Write(file.Content))))];

    static byte[] Read(string folder, string path)
    {
        // The copy may be published; a folder from elsewhere must not choose which of the user's files go with it.
        if (FolderBoundary.Outside(folder, path) is { } real) throw Refusal($"the file is a link that leaves the folder, to {real}; copy the file there.");
        var (handle, _) = RegularFile.Open(path, Refusal);
        using (handle)
        {
            long length = RandomAccess.GetLength(handle);
            if (length > LargestFile) throw Refusal($"the file is {length} bytes long, expected at most {LargestFile}.");
            var content = new byte[length];
            RegularFile.ReadExactly(handle, content, 0, Refusal);
            return content;
        }

        CheckpointException Refusal(string message, Exception? cause = null) => new(path, message, cause);
    }
}
