using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// The tensors of a checkpoint, which lie in one safetensors file or in the shards that an index names. Opening reads and checks the headers only. Knows no model.
/// </summary>
/// <remarks>Owns the open files; tensors that were read outlive it. Several threads may read from it, not while it is disposed.</remarks>
public sealed class CheckpointFiles : IDisposable
{
    /// <summary>The name of a checkpoint in one file.</summary>
    internal const string FileName = "model.safetensors";

    const string DiffusionFileName = "diffusion_pytorch_model.safetensors", IndexEnd = ".index.json";

    // What torch.save and its relatives write; never opened.
    static readonly string[] pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".bin.index.json"];

    readonly Dictionary<string, SafetensorsFile> fileOf = new(StringComparer.Ordinal);
    readonly List<SafetensorsFile> files = [];

    CheckpointFiles(string path) => Path = path;

    /// <summary>The file, or the index of the shards.</summary>
    public string Path { get; }

    /// <summary>The open files: one, or the shards in ordinal order of their names. Owned by this object.</summary>
    public IReadOnlyList<SafetensorsFile> Files => files;

    /// <summary>The names of all tensors, in the order of the files and of their bytes.</summary>
    public IReadOnlyCollection<string> Names => fileOf.Keys;

    /// <summary>Opens the checkpoint in a folder. Where there are both, the single file wins, as in transformers.</summary>
    /// <param name="folder">A folder that holds <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> and the shards it names.</param>
    /// <param name="allowOutsideLinks">Whether shards may be links that leave the folder. A single file may always be one.</param>
    /// <returns>The open checkpoint. The caller owns it.</returns>
    /// <exception cref="ModelFileException">There is none, a file is damaged, or index and shards do not name the same tensors.</exception>
    public static CheckpointFiles Open(string folder, bool allowOutsideLinks = false) => Open(folder, FileName, allowOutsideLinks);

    /// <summary>Opens the checkpoint of a model of any kind: as transformers names it, or else as diffusers does.</summary>
    internal static CheckpointFiles OpenAny(string folder, bool allowOutsideLinks)
    {
        bool isDiffusion = !Exists(FileName) && !Exists(FileName + IndexEnd) && (Exists(DiffusionFileName) || Exists(DiffusionFileName + IndexEnd));
        return Open(folder, isDiffusion ? DiffusionFileName : FileName, allowOutsideLinks);

        bool Exists(string name) => File.Exists(System.IO.Path.Combine(folder, name));
    }

    static CheckpointFiles Open(string folder, string name, bool allowOutsideLinks)
    {
        RequireFolder(folder);
        string single = System.IO.Path.Combine(folder, name), index = single + IndexEnd;
        bool sharded = !File.Exists(single) && File.Exists(index);
        var checkpoint = new CheckpointFiles(sharded ? index : single);
        try
        {
            if (sharded) checkpoint.OpenShards(folder, allowOutsideLinks);
            else if (File.Exists(single)) checkpoint.Add(SafetensorsFile.Open(single));
            else throw new CheckpointException(single, Missing(folder));
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Opens the checkpoint of a model that is about to be made: after a check that torch loads at all, and that the weights are numbers.</summary>
    internal static CheckpointFiles OpenFor(string folder, bool allowOutsideLinks)
    {
        NativeLibraryCheck.EnsureLoads();
        CheckpointFiles files;
        try
        {
            files = Open(folder, allowOutsideLinks);
        }
        catch (SafetensorsException e) when (QuantisedWeights.Explain(folder, e) is { } quantised)
        {
            throw quantised;
        }
        try
        {
            QuantisedWeights.Refuse(files, folder);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>What a tensor is.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>Its type, shape and place, or null where the checkpoint has none of that name.</returns>
    public TensorInfo? Find(string name) => fileOf.TryGetValue(name, out var file) ? file.Tensors[name] : null;

    /// <summary>Finds the file of a tensor.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>The path of the file that holds it.</returns>
    public string PathOf(string name) => fileOf[name].Path;

    /// <summary>Reads one tensor in a type of choice.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="dtype">The type to read it in.</param>
    /// <returns>The tensor on the CPU, <c>[…]</c> as <see cref="Find"/> tells, mapped where the file holds it in this type. The caller owns it.</returns>
    /// <exception cref="SafetensorsException">The file was shortened since it was opened.</exception>
    public Tensor Read(string name, ScalarType dtype) => fileOf[name].Read(name, dtype);

    /// <summary>Reads some rows of one tensor into memory that is there.</summary>
    internal void ReadRows(string name, long start, Tensor rows) => fileOf[name].ReadRows(name, start, rows);

    /// <summary>Closes the files. Tensors read from them stay valid.</summary>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    /// <summary>Refuses a folder that is not there.</summary>
    internal static void RequireFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CheckpointException(folder, $"the folder is missing; give a folder that holds {ModelConfigFile.FileName} and {FileName}.");
    }

    void OpenShards(string folder, bool allowOutsideLinks)
    {
        var index = ShardIndex.Read(Path, (message, cause) => new CheckpointException(Path, message, cause));
        string indexName = System.IO.Path.GetFileName(Path);
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (string shard in index.FileOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string named = System.IO.Path.Combine(folder, shard);
            if (RealPath.Of(named) is null) throw new CheckpointException(named, $"the shard is missing, and {indexName} names it; fetch it too.");
            if (!allowOutsideLinks && FolderBoundary.Outside(folder, named) is { } real)
                throw new CheckpointException(named,
                    $"the shard is a link that leaves the folder, to {real}; copy the file there, or set AllowOutsideLinks where the place is trusted.");
            shards.Add(shard, Add(SafetensorsFile.Open(named)));
        }
        foreach (var (name, shard) in index.FileOf)
        {
            if (!fileOf.TryGetValue(name, out var holder) || holder != shards[shard])
                throw new CheckpointException(System.IO.Path.Combine(folder, shard),
                    $"tensor '{name}' is missing, and {indexName} says that this shard holds it{(holder is null ? "" : $"; it lies in {System.IO.Path.GetFileName(holder.Path)}")}.");
        }
        if (fileOf.Keys.FirstOrDefault(name => !index.FileOf.ContainsKey(name)) is { } extra)
            throw new CheckpointException(PathOf(extra), $"tensor '{extra}' is not named by {indexName}; shard and index do not belong together.");
    }

    SafetensorsFile Add(SafetensorsFile file)
    {
        files.Add(file);
        foreach (string name in file.Tensors.Keys)
        {
            if (!fileOf.TryAdd(name, file))
                throw new CheckpointException(file.Path, $"tensor '{name}' lies in {System.IO.Path.GetFileName(PathOf(name))} too, expected it in one shard.");
        }
        return file;
    }

    static string Missing(string folder)
    {
        string? pickle = Names(folder).Where(name => pickles.Any(extension =>
            name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal).FirstOrDefault();
        return pickle is null ? $"the file is missing, and {ShardIndex.FileName} too."
            : $"the file is missing, and {pickle} is a pickle, which is never read because it can run code; load it in Python with torch.load(..., weights_only=True) and write {FileName} with safetensors.torch.save_file.";

        static IEnumerable<string> Names(string folder)
        {
            try
            {
                return [.. Directory.EnumerateFiles(folder).Select(path => System.IO.Path.GetFileName(path))];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(folder, $"the folder cannot be read: {e.Message}", e);
            }
        }
    }
}

/// <summary>A checkpoint does not hold what its model needs. Nothing was changed.</summary>
public sealed class CheckpointException : ModelFileException
{
    /// <summary>Creates the exception for one file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected and found, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public CheckpointException(string path, string message, Exception? inner = null) : base(path, message, inner)
    {
    }
}
