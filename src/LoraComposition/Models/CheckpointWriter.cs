using System.Diagnostics;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Writes the tensors of a checkpoint into a folder as transformers does: in one file, or in shards with an index. Knows no model.</summary>
internal static class CheckpointWriter
{
    /// <summary>Writes a model: its weights, its configuration, and what stands beside them in use.</summary>
    /// <param name="model">The name of its kind, to be told.</param>
    /// <param name="slots">Its parameters.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How to write.</param>
    /// <param name="beside">The names of the files to copy where the options name a folder.</param>
    /// <param name="writeConfig">Writes the configuration to a path.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    public static void WriteModel(string model, IEnumerable<WeightSlot> slots, string folder, CheckpointSaveOptions options, IReadOnlyList<string> beside,
        Action<string> writeConfig,
        ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        options.Validate();
        using var scope = NewDisposeScope();
        var companions = CompanionFiles.Read(options.CompanionsFrom, beside);
        var tensors = slots.GroupBy(slot => slot.Name, StringComparer.Ordinal).Select(parts => (parts.Key, Whole: WeightSlot.Whole([.. parts])))
            .Select(tensor => new CheckpointTensor(tensor.Key, tensor.Whole, options.Dtype ?? tensor.Whole.dtype)).ToArray();
        Write(folder, tensors, options.MaxShardBytes, options.Provenance is { } provenance ? ProvenanceText.Format(provenance) : [], progress, cancellation);
        writeConfig(Path.Combine(folder, ModelConfigFile.FileName));
        companions.Write(folder);
        logger.ModelSaved(model, tensors.Length, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Writes a model over the checkpoint that it was loaded from: what did not change since stays as it is there.</summary>
    /// <param name="model">The name of its kind, to be told.</param>
    /// <param name="original">The checkpoint, and what in it is the model's.</param>
    /// <param name="folder">The folder to write.</param>
    /// <param name="options">How to write.</param>
    /// <param name="beside">The names of the files without which the model cannot be used.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    public static void WriteModel(string model, OriginalCheckpoint original, string folder, CheckpointSaveOptions options, IReadOnlyList<string> beside,
        ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        var companions = CompanionFiles.ReadAll(options.Base!, beside, logger);
        var tensors = original.Tensors(options.Dtype, cancellation);
        var config = original.ConfigIn(options.Dtype);
        Write(folder, tensors, options.MaxShardBytes, original.Entries(options.Provenance), progress, cancellation);
        AtomicFile.Write(Path.Combine(folder, ModelConfigFile.FileName), stream => stream.Write(config));
        companions.Write(folder);
        logger.ModelSaved(model, tensors.Count, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Writes the tensors. Each file is replaced whole or not at all; of shards the index comes last.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="tensors">The tensors in the order in which they fill the shards. They stay the caller's.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in one file; null for one file.</param>
    /// <param name="entries">Free text entries for each file, beside the format's.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; files that are whole by then stay.</param>
    /// <exception cref="ArgumentException">A number is too large for the type that its tensor is written in. Nothing was written.</exception>
    static void Write(string folder, IReadOnlyList<CheckpointTensor> tensors, long? maxShardBytes, IEnumerable<KeyValuePair<string, string>> entries,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        foreach (var tensor in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            CheckRange(tensor);
        }
        var metadata = new Dictionary<string, string>(entries) { ["format"] = "pt" };
        Directory.CreateDirectory(folder);
        var shards = Split(tensors, maxShardBytes ?? long.MaxValue);
        long written = 0;
        void Wrote() => progress?.Report(new(++written, tensors.Count));
        void WriteShard(string path, IReadOnlyList<CheckpointTensor> shard) => SafetensorsWriter.Write(path,
            shard.ToDictionary(tensor => tensor.Name, tensor => tensor.Numbers, StringComparer.Ordinal), metadata,
            shard.ToDictionary(tensor => tensor.Name, tensor => tensor.Dtype, StringComparer.Ordinal), Wrote, cancellation);
        string single = Path.Combine(folder, CheckpointFiles.FileName);
        if (shards.Count == 1)
        {
            WriteShard(single, shards[0]);
            return;
        }
        var fileOf = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            WriteShard(Path.Combine(folder, name), shards[i]);
            foreach (var tensor in shards[i]) fileOf.Add(tensor.Name, name);
        }
        new ShardIndex(fileOf).Write(Path.Combine(folder, ShardIndex.FileName), tensors.Sum(tensor => tensor.ByteLength));
        // A single file is what readers take where both are there, so it must not outlive the index.
        File.Delete(single);
    }

    /// <summary>Fills one shard after the other, in order, as transformers does.</summary>
    static List<List<CheckpointTensor>> Split(IReadOnlyList<CheckpointTensor> tensors, long most)
    {
        var shards = new List<List<CheckpointTensor>> { new() };
        long filled = 0;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && tensor.ByteLength > most - filled)
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(tensor);
            filled += tensor.ByteLength;
        }
        return shards;
    }

    static void CheckRange(CheckpointTensor tensor)
    {
        var (name, numbers, dtype) = tensor;
        if (NumberRange.Beyond(numbers, dtype) is { } large)
            throw new ArgumentException($"Tensor '{name}' holds {large}, which is too large for {dtype}; save it as bfloat16 or float32.", nameof(tensor));
    }
}

/// <summary>A tensor of a checkpoint that is to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Numbers">Its numbers.</param>
/// <param name="Dtype">The type in the file.</param>
internal sealed record CheckpointTensor(string Name, Tensor Numbers, ScalarType Dtype)
{
    public long ByteLength => Numbers.numel() * SafetensorsDtype.Size(Dtype);
}
