using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Fills a model from a checkpoint. Everything is checked before the first tensor is read.</summary>
internal static class WeightLoader
{
    /// <summary>Fills a model that was made for these files and hands it on; it is disposed where that fails.</summary>
    /// <param name="model">The model, without numbers.</param>
    /// <param name="load">Loads its numbers.</param>
    /// <param name="files">The checkpoint.</param>
    /// <param name="dtype">The type of the parameters, to be told.</param>
    /// <param name="logger">Is told what was loaded.</param>
    public static TModel Fill<TModel>(TModel model, Action<TModel> load, CheckpointFiles files, ScalarType dtype, ILogger logger) where TModel : nn.Module
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            load(model);
            logger.ModelLoaded(typeof(TModel).Name, dtype.ToString(), files.Names.Count, files.Path, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Puts each tensor of the checkpoint in its place, one after the other, so that no second copy of the model is made.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="slots">Every parameter of the model; it may lie on the meta device.</param>
    /// <param name="unused">Names of tensors that the checkpoint may hold and the model does not need.</param>
    /// <param name="dtype">The type of the parameters that need no more bits.</param>
    /// <param name="logger">Is told each tensor.</param>
    /// <param name="progress">Is told how many tensors are read.</param>
    /// <param name="cancellation">Stops between two tensors; the model is then of no use.</param>
    /// <exception cref="CheckpointException">A tensor is missing, left over, of another shape or does not hold floating-point numbers: nothing was changed. Or
    /// one holds NaN or infinite numbers: the model is then of no use.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Load(CheckpointFiles files, IReadOnlyList<WeightSlot> slots, IReadOnlyCollection<string> unused, ScalarType dtype, ILogger logger,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        Check(files, slots, unused);
        foreach (string name in unused.Where(name => files.Find(name) is not null)) logger.TensorSkipped(name, files.PathOf(name));
        var tensors = slots.GroupBy(slot => slot.Name).ToArray();
        foreach (var (i, parts) in tensors.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            // Read once for all parts: they become views of it.
            var whole = files.Read(parts.Key, parts.First().DtypeIn(dtype));
            if (!FiniteNumbers.AreAll(whole))
            {
                string rounded = files.Find(parts.Key)!.Dtype == whole.dtype ? "" : $" in {whole.dtype}";
                throw new CheckpointException(files.PathOf(parts.Key),
                    $"tensor '{parts.Key}' holds NaN or infinite numbers{rounded}, so the model can compute nothing; its training diverged or the file is damaged.");
            }
            foreach (var slot in parts) slot.Assign(slot.Source.Take(whole));
            logger.TensorLoaded(parts.Key, files.PathOf(parts.Key), parts.Count());
            progress?.Report(new(i + 1, tensors.Length));
        }
    }

    /// <summary>Checks that the checkpoint holds what the model needs and nothing else.</summary>
    /// <exception cref="CheckpointException">It does not.</exception>
    public static void Check(CheckpointFiles files, IReadOnlyList<WeightSlot> slots, IReadOnlyCollection<string> unused)
    {
        foreach (var slot in slots)
        {
            var expected = slot.Source.WholeShape(slot.Shape);
            var found = files.Find(slot.Name)
                ?? throw new CheckpointException(files.Path,
                    $"tensor '{slot.Name}' [{string.Join(", ", expected)}] is missing; the checkpoint holds {files.Names.Count} tensors. Is config.json the one that belongs to it?");
            if (!found.Shape.SequenceEqual(expected))
                throw new CheckpointException(files.PathOf(slot.Name),
                    $"tensor '{slot.Name}': expected [{string.Join(", ", expected)}], found [{string.Join(", ", found.Shape)}].");
            if (found.Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
                throw new CheckpointException(files.PathOf(slot.Name), $"tensor '{slot.Name}': expected floating-point numbers, found {found.Dtype}.");
        }
        var known = slots.Select(slot => slot.Name).Concat(unused).ToHashSet(StringComparer.Ordinal);
        var extra = files.Names.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal).ToArray();
        if (extra.Length > 0)
            throw new CheckpointException(files.Path,
                $"{extra.Length} tensors are not part of this model, the first is '{extra[0]}'; more layers than in config.json, or another kind of model.");
    }
}
