using LoraComposition.Files;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Reads and writes a head on its own: <c>classifier.weight</c> <c>[classes, d]</c> and <c>classifier.bias</c> <c>[classes]</c>, float32.</summary>
static class HeadFile
{
    const string Weight = "classifier.weight", Bias = "classifier.bias";

    public static void Write(string folder, VisionTransformer model)
    {
        using var scope = NewDisposeScope();
        var head = model.Classifier!;
        var tensors = new Dictionary<string, Tensor> { [Weight] = head.weight!.detach().to(ScalarType.Float32), [Bias] = head.bias!.detach().to(ScalarType.Float32) };
        SafetensorsWriter.Write(Path.Combine(folder, AdaptedModelFiles.Head), tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Reads the head. The caller owns it.</summary>
    /// <exception cref="ModelFileException">The file is missing or damaged, or a tensor is missing, left over, of another shape or type, or not finite.</exception>
    public static SavedHead Read(string folder, int classCount, int width)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, AdaptedModelFiles.Head));
        if (file.Tensors.Keys.FirstOrDefault(name => name is not (Weight or Bias)) is { } extra) throw new ModelFileException(file.Path, $"expected {Weight} and {Bias} alone, found '{extra}'.");
        using var scope = NewDisposeScope();
        return new SavedHead(Read(file, Weight, [classCount, width]), Read(file, Bias, [classCount]));
    }

    static Tensor Read(SafetensorsFile file, string name, long[] shape)
    {
        if (!file.Tensors.TryGetValue(name, out var info)) throw new ModelFileException(file.Path, $"tensor '{name}' is missing.");
        if (!info.Shape.SequenceEqual(shape)) throw new ModelFileException(file.Path, $"tensor '{name}': expected [{string.Join(", ", shape)}], found [{string.Join(", ", info.Shape)}].");
        if (info.Dtype != ScalarType.Float32) throw new ModelFileException(file.Path, $"tensor '{name}': expected float32, found {info.Dtype}.");
        var value = file.Read(name);
        return value.isfinite().all().item<bool>() ? value : throw new ModelFileException(file.Path, $"tensor '{name}' holds NaN or infinite numbers; adapt the model again.");
    }
}
