using LoraComposition.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models.Vit;

/// <summary>Reads and writes ViT checkpoints in transformers' layout: with or without the prefix <c>vit.</c>, head and pooler.</summary>
internal static class VitCheckpoint
{
    const string Prefix = "vit.", Weights = "model.safetensors", Config = "config.json";

    /// <summary>The fewest tensors of a layer: six linear layers, three of them with biases, and two norms.</summary>
    const int TensorsPerLayer = 13;

    // ViTModel checkpoints hold a pooler that classification does not use.
    static readonly string[] Unused = ["pooler.dense.weight", "pooler.dense.bias", "vit.pooler.dense.weight", "vit.pooler.dense.bias"];

    public static VisionTransformer Load(string folder, VitLoadOptions options)
    {
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "the folder is missing; give a folder that holds config.json and model.safetensors.");
        var config = VitConfigFile.Read(Path.Combine(folder, Config));
        string path = Path.Combine(folder, Weights);
        if (!File.Exists(path))
            throw new CheckpointException(path, File.Exists(Path.Combine(folder, "pytorch_model.bin"))
                ? "the file is missing, and pytorch_model.bin is a pickle, which is never read; convert it with safetensors' torch.save_file."
                : "the file is missing.");
        using var file = SafetensorsFile.Open(path);

        // The model is built before its tensors are looked up, so the number of its layers is believed no further than the file goes.
        if (config.LayerCount > file.Tensors.Count / TensorsPerLayer)
            throw new CheckpointException(path, $"num_hidden_layers in {Config} is {config.LayerCount}, but the file holds only {file.Tensors.Count} tensors; does {Config} belong to it?");

        bool prefixed = file.Tensors.Keys.Any(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        bool hasHead = file.Tensors.TryGetValue("classifier.weight", out var head);
        // The head's names must be those the config gives; a backbone has none, whatever its config says.
        if (hasHead && head!.Shape.Count == 2 && head.Shape[1] == config.HiddenSize && config.ClassNames.Count != head.Shape[0])
            config = config.ClassNames.Count == 0
                ? config with { ClassNames = [.. Enumerable.Range(0, (int)Math.Min(head.Shape[0], 1 << 20)).Select(i => $"LABEL_{i}")] }
                : throw new CheckpointException(path, $"tensor 'classifier.weight': expected {config.ClassNames.Count} classes as in {Config}, found {head.Shape[0]}.");
        if (!hasHead) config = config with { ClassNames = [] };

        int side = options.ImageSize ?? config.ImageSize;
        if (side < 1 || side % config.PatchSize != 0)
            throw new CheckpointException(path, $"an image size of {side} was asked for; it must be a multiple of the patch size {config.PatchSize}.");

        var model = new VisionTransformer(config with { ImageSize = side }, META) { BaseModelName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) };
        try
        {
            var slots = model.Slots(prefixed ? Prefix : "").ToArray();
            long[] positions = [1, config.TokenCount, config.HiddenSize];
            Check(path, file, slots, slot => IsPositions(slot) ? positions : slot.Shape);
            foreach (var slot in slots)
            {
                using var scope = NewDisposeScope();
                var value = file.Read(slot.Name).to(options.Dtype);
                slot.Assign(IsPositions(slot) && side != config.ImageSize ? VitEmbeddings.Interpolate(value, model.Config.GridSize) : value);
            }
            if (options.ClassNames is { } names) model.ResetHead(names, options.HeadSeed);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public static void Save(VisionTransformer model, string folder)
    {
        var tensors = model.Slots(Prefix).ToDictionary(slot => slot.Name, slot => (Tensor)slot.Get());
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, Weights), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        VitConfigFile.Write(Path.Combine(folder, Config), model.Config);
    }

    // Everything is checked before the first tensor is read.
    static void Check(string path, SafetensorsFile file, IReadOnlyList<WeightSlot> slots, Func<WeightSlot, IReadOnlyList<long>> shapeOf)
    {
        foreach (var slot in slots)
        {
            if (!file.Tensors.TryGetValue(slot.Name, out var info))
                throw new CheckpointException(path, $"tensor '{slot.Name}' [{string.Join(", ", shapeOf(slot))}] is missing; the file holds {file.Tensors.Count} tensors. Is {Config} the one that belongs to it?");
            if (!info.Shape.SequenceEqual(shapeOf(slot)))
                throw new CheckpointException(path, $"tensor '{slot.Name}': expected [{string.Join(", ", shapeOf(slot))}], found [{string.Join(", ", info.Shape)}].");
            if (info.Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
                throw new CheckpointException(path, $"tensor '{slot.Name}': expected floating-point numbers, found {info.Dtype}.");
        }
        var known = slots.Select(slot => slot.Name).Concat(Unused).ToHashSet(StringComparer.Ordinal);
        var extra = file.Tensors.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal).ToArray();
        if (extra.Length > 0)
            throw new CheckpointException(path, $"{extra.Length} tensors are not part of this model, the first is '{extra[0]}'; more layers than num_hidden_layers in {Config}, or another kind of model.");
    }

    static bool IsPositions(WeightSlot slot) => slot.Name.EndsWith("position_embeddings", StringComparison.Ordinal);
}
