using LoraComposition.Files;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

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
    /// <exception cref="IOException">The folder holds something and is not to be replaced, also where another process wrote it meanwhile, or it cannot be
    /// written.</exception>
    public static void Write(string folder, bool replace, Action<string> write)
    {
        if (!IsFree(folder) && !replace)
            throw new IOException($"{folder}: expected no folder or an empty one, found files; give another, or replace what is there.");
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

/// <summary>The names in the folder of an adapted model.</summary>
static class AdaptedModelFiles
{
    public const string Adapter = "adapter", Head = "head.safetensors", Weights = "weights.json", Preprocessor = "preprocessor_config.json";

    public const string Report = "report.json", ReadableReport = "report.md";

    /// <summary>Written last and removed first: a folder that has it is whole.</summary>
    public const string Info = "adapted.json";

    public static IReadOnlyList<string> All { get; } = [Info, Path.Combine(Adapter, "adapter_config.json"), Path.Combine(Adapter, "adapter_model.safetensors"),
        Head, Weights, Preprocessor, Report, ReadableReport];
}

/// <summary>Reads and writes a head on its own: <c>classifier.weight</c> <c>[classes, features]</c> and <c>classifier.bias</c> <c>[classes]</c>, float32.</summary>
static class HeadFile
{
    const string Weight = "classifier.weight", Bias = "classifier.bias";

    public static void Write(string folder, VisionTransformer model)
    {
        using var scope = NewDisposeScope();
        var head = model.Classifier!;
        var tensors = new Dictionary<string, Tensor>
        {
            [Weight] = head.weight!.detach().to(ScalarType.Float32),
            [Bias] = head.bias!.detach().to(ScalarType.Float32)
        };
        SafetensorsWriter.Write(Path.Combine(folder, AdaptedModelFiles.Head), tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Reads the head. The caller owns it.</summary>
    /// <exception cref="ModelFileException">The file is missing or damaged, or a tensor is missing, left over, of another shape or type, or not finite.</exception>
    public static SavedHead Read(string folder, int classCount, int width)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, AdaptedModelFiles.Head));
        if (file.Tensors.Keys.FirstOrDefault(name => name is not (Weight or Bias)) is { } extra)
            throw new ModelFileException(file.Path, $"expected {Weight} and {Bias} alone, found '{extra}'.");
        using var scope = NewDisposeScope();
        return new SavedHead(Read(file, Weight, [classCount, width]), Read(file, Bias, [classCount]));
    }

    static Tensor Read(SafetensorsFile file, string name, long[] shape)
    {
        if (!file.Tensors.TryGetValue(name, out var info)) throw new ModelFileException(file.Path, $"tensor '{name}' is missing.");
        if (!info.Shape.SequenceEqual(shape))
            throw new ModelFileException(file.Path, $"tensor '{name}': expected [{string.Join(", ", shape)}], found [{string.Join(", ", info.Shape)}].");
        if (info.Dtype != ScalarType.Float32) throw new ModelFileException(file.Path, $"tensor '{name}': expected float32, found {info.Dtype}.");
        var value = file.Read(name);
        return value.isfinite().all().item<bool>() ? value : throw new ModelFileException(file.Path,
            $"tensor '{name}' holds NaN or infinite numbers; adapt the model again.");
    }
}
