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
        var companions = CompanionFiles.Read(options.CompanionsFrom, beside);
        var tensors = slots.Select(slot => KeyValuePair.Create(slot.Name, (Tensor)slot.Get())).ToArray();
        Write(folder, tensors, options.Dtype, options.MaxShardBytes, options.Provenance is { } provenance ? ProvenanceText.Format(provenance) : [], progress,
            cancellation);
        writeConfig(Path.Combine(folder, ModelConfigFile.FileName));
        companions.Write(folder);
        logger.ModelSaved(model, tensors.Length, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Writes the tensors. Each file is replaced whole or not at all; of shards the index comes last.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="tensors">The tensors in the order in which they fill the shards. They stay the caller's.</param>
    /// <param name="dtype">The type in the file; null leaves each its own.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in one file; null for one file.</param>
    /// <param name="entries">Free text entries for each file, beside the format's.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; files that are whole by then stay.</param>
    /// <exception cref="ArgumentException">The type is none of floating-point numbers, a number is too large for it, or the size is not positive. Nothing was
    /// written.</exception>
    public static void Write(string folder, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, ScalarType? dtype, long? maxShardBytes,
        IEnumerable<KeyValuePair<string, string>> entries, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        if (dtype is { } type) CheckRange(tensors, type, cancellation);
        var metadata = new Dictionary<string, string>(entries) { ["format"] = "pt" };
        Directory.CreateDirectory(folder);
        var shards = Split(tensors, dtype, maxShardBytes ?? long.MaxValue);
        long written = 0;
        void Wrote() => progress?.Report(new(++written, tensors.Count));
        string single = Path.Combine(folder, CheckpointFiles.FileName);
        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(single, shards[0], metadata, dtype, Wrote, cancellation);
            return;
        }
        var fileOf = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            SafetensorsWriter.Write(Path.Combine(folder, name), shards[i], metadata, dtype, Wrote, cancellation);
            foreach (string tensor in shards[i].Keys) fileOf.Add(tensor, name);
        }
        new ShardIndex(fileOf).Write(Path.Combine(folder, ShardIndex.FileName), tensors.Sum(pair => Bytes(pair.Value, dtype)));
        // A single file is what readers take where both are there, so it must not outlive the index.
        File.Delete(single);
    }

    /// <summary>Fills one shard after the other, in order, as transformers does.</summary>
    static List<Dictionary<string, Tensor>> Split(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, ScalarType? dtype, long most)
    {
        var shards = new List<Dictionary<string, Tensor>> { new(StringComparer.Ordinal) };
        long filled = 0;
        foreach (var (name, tensor) in tensors)
        {
            long bytes = Bytes(tensor, dtype);
            if (shards[^1].Count > 0 && bytes > most - filled)
            {
                shards.Add(new(StringComparer.Ordinal));
                filled = 0;
            }
            shards[^1].Add(name, tensor);
            filled += bytes;
        }
        return shards;
    }

    static long Bytes(Tensor tensor, ScalarType? dtype) => tensor.numel() * SafetensorsDtype.Size(dtype ?? tensor.dtype);

    static void CheckRange(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, ScalarType dtype, CancellationToken cancellation)
    {
        foreach (var (name, tensor) in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (NumberRange.Beyond(tensor, dtype) is { } large)
                throw new ArgumentException($"Tensor '{name}' holds {large}, which is too large for {dtype}; save it as bfloat16 or float32.", nameof(dtype));
        }
    }
}
