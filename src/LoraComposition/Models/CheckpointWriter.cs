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
    /// <param name="writeConfig">Writes the configuration.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <param name="more">Small files by their names that stand beside the weights too.</param>
    public static void WriteModel(string model, IEnumerable<WeightSlot> slots, string folder, CheckpointSaveOptions options, IReadOnlyList<string> beside,
        Action<Stream> writeConfig, ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation, IReadOnlyList<(string Name, byte[] Content)>? more = null)
    {
        long started = Stopwatch.GetTimestamp();
        options.Validate();
        using var scope = NewDisposeScope();
        var companions = CompanionFiles.Read(options.CompanionsFrom, beside);
        var tensors = slots.GroupBy(slot => slot.Name, StringComparer.Ordinal).Select(parts => (parts.Key, Whole: WeightSlot.Whole([.. parts])))
            .Select(tensor => new CheckpointTensor(tensor.Key, tensor.Whole, options.Dtype ?? tensor.Whole.dtype)).ToArray();
        var small = (more ?? []).Select(file => (Path.Combine(folder, file.Name), (Action<Stream>)(stream => stream.Write(file.Content))));
        Write(folder, tensors, options.MaxShardBytes, options.Provenance is { } provenance ? ProvenanceText.Format(provenance) : [],
            [.. companions.In(folder), .. small, (Path.Combine(folder, ModelConfigFile.FileName), writeConfig)], progress, cancellation);
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
        Write(folder, tensors, options.MaxShardBytes, original.Entries(options.Provenance),
            [.. companions.In(folder), (Path.Combine(folder, ModelConfigFile.FileName), stream => stream.Write(config))], progress, cancellation);
        logger.ModelSaved(model, tensors.Count, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Writes the tensors and what stands beside them. All files are on the disk before the first takes its place; of shards the index comes last.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="tensors">The tensors in the order in which they fill the shards. They stay the caller's.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in one file; null for one file.</param>
    /// <param name="entries">Free text entries for each file, beside the format's.</param>
    /// <param name="beside">The other files, the configuration last.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; the folder is then as it was.</param>
    /// <exception cref="ArgumentException">A number is too large for the type that its tensor is written in. Nothing was written.</exception>
    static void Write(string folder, IReadOnlyList<CheckpointTensor> tensors, long? maxShardBytes, IEnumerable<KeyValuePair<string, string>> entries,
        IReadOnlyList<(string Path, Action<Stream> Write)> beside, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        foreach (var tensor in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            CheckRange(tensor);
        }
        var metadata = new Dictionary<string, string>(entries) { ["format"] = "pt" };
        var shards = Split(tensors, maxShardBytes ?? long.MaxValue);
        long written = 0;
        void Wrote() => progress?.Report(new(++written, tensors.Count));
        Action<Stream> Shard(IReadOnlyList<CheckpointTensor> shard) => stream => SafetensorsWriter.Write(stream,
            shard.ToDictionary(tensor => tensor.Name, tensor => tensor.Numbers, StringComparer.Ordinal), metadata,
            shard.ToDictionary(tensor => tensor.Name, tensor => tensor.Dtype, StringComparer.Ordinal), Wrote, cancellation);
        string single = Path.Combine(folder, CheckpointFiles.FileName);
        if (shards.Count == 1)
        {
            AtomicFile.WriteInto(folder, [(single, Shard(shards[0])), .. beside]);
            return;
        }
        string[] names = [.. shards.Select((_, i) => $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors")];
        var index = new ShardIndex(shards.Zip(names).SelectMany(shard => shard.First.Select(tensor => (tensor.Name, File: shard.Second))).ToDictionary(tensor => tensor.Name, tensor => tensor.File, StringComparer.Ordinal));
        long total = tensors.Sum(tensor => tensor.ByteLength);
        AtomicFile.WriteInto(folder, [.. shards.Zip(names).Select(shard => (Path.Combine(folder, shard.Second), Shard(shard.First))),
            (Path.Combine(folder, ShardIndex.FileName), stream => index.Write(stream, total)), .. beside]);
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
