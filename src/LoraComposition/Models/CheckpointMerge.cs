using System.Diagnostics;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// Adds updates to the safetensors files of a model of any architecture, by the names of its tensors: file by file and tensor by tensor, so that no more than
/// some rows of one weight are in memory beside one layer's update.
/// </summary>
public static class CheckpointMerge
{
    /// <summary>The most numbers of a weight that are computed at once.</summary>
    const long MostNumbers = 1 << 22;

    /// <summary>Writes a checkpoint with the updates in it. The folder appears when everything is written, never before.</summary>
    /// <remarks>
    /// A layer's weight is the tensor <c>&lt;layer&gt;.weight</c>. Where the checkpoint has none of the layers', the same one front part (<c>model.</c>,
    /// <c>bert.</c>) may be added to or taken from all of them, and a ViT's may be called as either version of transformers does. The sum is made in float32 and rounded once to the tensor's own type. All other bytes are
    /// copied, headers, their order and free text included, and so are the index of the shards and what stands beside the weights (configuration, tokenizer) but
    /// weights in other formats, hidden files and sub-folders.
    /// </remarks>
    /// <param name="baseFolder">The model's folder: <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> and its shards, or the same called
    /// <c>diffusion_pytorch_model</c>.</param>
    /// <param name="folder">The folder to write, another one.</param>
    /// <param name="layers">The layers to change, with the widths and the kind of each; their ranks, scalings and types are not looked at.</param>
    /// <param name="read">Gives the update of a layer. It is asked once for each, in the order of the files and their bytes, and what it gives is disposed.</param>
    /// <param name="options">How; defaults where not given.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many of the checkpoint's tensors are written.</param>
    /// <param name="cancellation">Stops in between; nothing is left then.</param>
    /// <returns>The weights that were changed, in the order of the files and their bytes.</returns>
    /// <exception cref="ArgumentException">An option is not valid, no layer is named or one twice, the two folders are one, or an update has other widths than
    /// its layer.</exception>
    /// <exception cref="ModelFileException">
    /// A file is missing or damaged, or a layer's weight is missing, has another shape or a type that is not merged into: found before anything is
    /// written. Or a weight holds NaN or infinite numbers, or would be too large for its type.
    /// </exception>
    /// <exception cref="NonFiniteException">An update holds NaN or infinite numbers.</exception>
    /// <exception cref="IOException">The folder holds something, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<MergedTensor> Write(string baseFolder, string folder, IEnumerable<AdapterLayer> layers, Func<AdapterLayer, LayerUpdate> read,
        CheckpointMergeOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        long started = Stopwatch.GetTimestamp();
        ArgumentException.ThrowIfNullOrEmpty(baseFolder);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(read);
        options ??= new CheckpointMergeOptions();
        options.Validate();
        AdapterLayer[] all = [.. layers];
        if (all.Length == 0) throw new ArgumentException("No layer is named; give at least one.", nameof(layers));
        if (all.GroupBy(layer => layer.Path, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Layer '{twice.Key}' is named twice.", nameof(layers));
        if (RealPath.Of(folder) is { } real && real == RealPath.Of(baseFolder))
            throw new ArgumentException($"'{folder}' is the folder of the base model itself; give another one.", nameof(folder));
        if (!options.Replace && Path.Exists(folder) && (File.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new IOException($"{folder}: expected nothing or an empty folder; give another one, or replace what is there.");

        NativeLibraryCheck.EnsureLoads();
        using var files = CheckpointFiles.OpenAny(baseFolder, options.AllowOutsideLinks);
        var layerOf = MergeNames.Find(files, baseFolder, all);
        using var original = options.CompareWith is { } other ? CheckpointFiles.OpenAny(other, options.AllowOutsideLinks) : null;
        if (original is not null) CheckIsComparable(files, original, layerOf.Keys);
        bool isSharded = files.Path.EndsWith(".json", StringComparison.Ordinal);
        string[] index = isSharded ? [Path.GetFileName(files.Path)] : [];
        var companions = CompanionFiles.Read(baseFolder, [.. CompanionFiles.NamesIn(baseFolder), .. index]);

        var merged = new List<MergedTensor>(all.Length);
        long written = 0;
        StagedFolder.Write(folder, staging =>
        {
            foreach (var file in files.Files)
            {
                AtomicFile.Write(Path.Combine(staging, Path.GetFileName(file.Path)), stream =>
                {
                    long position = 0;
                    foreach (var tensor in file.Tensors.Values)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        file.CopyBytes(position, tensor.Offset - position, stream, cancellation);
                        if (layerOf.TryGetValue(tensor.Name, out var layer)) merged.Add(Merge(file, tensor, layer, read, options, original, stream, cancellation));
                        else file.CopyBytes(tensor.Offset, tensor.ByteLength, stream, cancellation);
                        position = tensor.Offset + tensor.ByteLength;
                        progress?.Report(new(++written, files.Names.Count));
                    }
                });
            }
            AtomicFile.WriteAll(companions.In(staging));
        }, options.Replace, logger);
        // A single file is what readers take where both are there, so one of before must not outlive the index.
        if (isSharded) File.Delete(Path.Combine(folder, Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(files.Path))));
        (logger ?? NullLogger.Instance).CheckpointMerged(merged.Count, files.Names.Count, folder, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return merged;
    }

    static MergedTensor Merge(SafetensorsFile file, TensorInfo tensor, AdapterLayer layer, Func<AdapterLayer, LayerUpdate> read, CheckpointMergeOptions options,
        CheckpointFiles? original, Stream stream, CancellationToken cancellation)
    {
        using var update = read(layer) ?? throw new ArgumentException($"There is no update for layer '{layer.Path}'.", nameof(read));
        if ((update.OutFeatures, update.InFeatures) != (layer.OutFeatures, layer.InFeatures))
            throw new ArgumentException(
                $"The update of layer '{layer.Path}' is [{update.OutFeatures}, {update.InFeatures}], expected [{layer.OutFeatures}, {layer.InFeatures}].", nameof(read));
        long rows = tensor.Shape[0], columns = layer.OutFeatures * layer.InFeatures / rows, most = Math.Min(rows, Math.Max(1, MostNumbers / columns));
        double before = 0, after = 0, difference = 0;
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        // The same memory for all pieces.
        Tensor weights = empty(most, columns, ScalarType.Float32), changes = empty(most, columns, ScalarType.Float32);
        var results = tensor.Dtype == ScalarType.Float32 ? weights : empty(most, columns, tensor.Dtype);
        for (long start = 0; start < rows; start += most)
        {
            cancellation.ThrowIfCancellationRequested();
            using var pieces = NewDisposeScope();
            long count = Math.Min(most, rows - start);
            var (weight, change, result) = (weights.narrow(0, 0, count), changes.narrow(0, 0, count), results.narrow(0, 0, count));
            file.ReadRows(tensor.Name, start, weight);
            if (!FiniteNumbers.AreAll(weight))
                throw new CheckpointException(file.Path,
                    $"tensor '{tensor.Name}' holds NaN or infinite numbers, to which nothing can be added; its training diverged or the file is damaged.");
            before = Math.Max(before, Largest(weight));
            update.MultiplyOut(change, start, transposed: layer.Kind == AdapterLayerKind.Embedding);
            if (!FiniteNumbers.AreAll(change))
                throw new NonFiniteException($"The update of layer '{layer.Path}' holds NaN or infinite numbers; check the adapters and their weights.");
            if (options.Subtract) weight.sub_(change);
            else weight.add_(change);
            after = Math.Max(after, Largest(weight));
            if (!ReferenceEquals(results, weights)) result.copy_(weight);
            if (!FiniteNumbers.AreAll(result))
                throw new CheckpointException(file.Path,
                    $"tensor '{tensor.Name}' with the update of layer '{layer.Path}' is too large for {tensor.Dtype}; check the adapters and their weights, or convert the model to bfloat16 or float32.");
            stream.Write(result.bytes);
            if (original is null) continue;
            var other = empty(count, columns, ScalarType.Float64);
            original.ReadRows(tensor.Name, start, other);
            difference = Math.Max(difference, Largest(other.sub_(result)));
        }
        double bound = Rounding(tensor.Dtype, after) + (options.Subtract ? Rounding(tensor.Dtype, before) : 0);
        return new MergedTensor(tensor.Name, layer.Path, tensor.Dtype, bound, original is null ? null : difference);
    }

    /// <summary>The largest absolute value, without a temporary of the tensor's size.</summary>
    static double Largest(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return Math.Max(-tensor.min().to(ScalarType.Float64).item<double>(), tensor.max().to(ScalarType.Float64).item<double>());
    }

    /// <summary>The most by which a sum in float32 and one rounding to the type move a number up to some size.</summary>
    static double Rounding(ScalarType dtype, double largest)
    {
        double single = HalfOfLastPlace(largest, bits: 24, smallest: -126);
        return dtype switch
        {
            ScalarType.Float16 => single + HalfOfLastPlace(largest, bits: 11, smallest: -14),
            ScalarType.BFloat16 => single + HalfOfLastPlace(largest, bits: 8, smallest: -126),
            _ => single,
        };
    }

    static double HalfOfLastPlace(double number, int bits, int smallest) => Math.ScaleB(1, Math.Max(number == 0 ? smallest : Math.ILogB(number), smallest) - bits);

    static void CheckIsComparable(CheckpointFiles files, CheckpointFiles original, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            var (expected, found) = (files.Find(name)!, original.Find(name));
            if (found is null || !found.Shape.SequenceEqual(expected.Shape)
                || found.Dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
                throw new CheckpointException(original.Path,
                    $"tensor '{name}': expected floating-point numbers [{string.Join(", ", expected.Shape)}] to compare with, found {(found is null ? "none" : $"{found.Dtype} [{string.Join(", ", found.Shape)}]")}.");
        }
    }
}
