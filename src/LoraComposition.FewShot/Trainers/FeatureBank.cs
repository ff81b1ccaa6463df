using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The features that a frozen model gives for a set of images, each computed once, when first asked for.</summary>
/// <remarks>
/// Owns its features, neither the model nor the images. The model must not change while the bank lives. All batches are filled up to one size
/// (<see cref="FilledBatch"/>).
/// </remarks>
internal sealed class FeatureBank : IDisposable
{
    /// <summary>Large enough for efficient products, small enough that filling up costs little.</summary>
    public const int DefaultBatchSize = 32;

    /// <summary>Batches after which computed features are kept: not all is lost where a process dies.</summary>
    const int KeptBatches = 32;

    readonly Func<VisionTransformer> model;
    readonly Device device;
    readonly PreprocessedImages images;
    readonly int batchSize;
    readonly PictureView view;
    readonly KeptFeatures? kept;
    readonly PhaseTimes times;
    readonly Dictionary<int, long> rowOf = [];
    Tensor? features;

    /// <param name="model">The frozen model.</param>
    /// <param name="images">The images.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="view">How the images are seen.</param>
    /// <param name="times">Is told what the time goes into.</param>
    public FeatureBank(VisionTransformer model, PreprocessedImages images, int batchSize, PictureView view = default, PhaseTimes? times = null)
        : this(() => model, Evaluator.Place(model).Device, images, batchSize, view, kept: null, times)
    {
    }

    /// <param name="model">Gives the frozen model when features are missing, the same one each time.</param>
    /// <param name="device">The model's device.</param>
    /// <param name="images">The images.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="view">How the images are seen.</param>
    /// <param name="kept">The model's features of earlier runs; null where none are kept.</param>
    /// <param name="times">Is told what the time goes into.</param>
    public FeatureBank(Func<VisionTransformer> model, Device device, PreprocessedImages images, int batchSize, PictureView view, KeptFeatures? kept, PhaseTimes? times)
    {
        (this.model, this.device, this.images, this.batchSize, this.view) = (model, device, images, batchSize, view);
        (this.kept, this.times) = (kept, times ?? new PhaseTimes());
    }

    /// <summary>The features of some images, <c>[indices, features]</c>, float32. The caller owns them.</summary>
    public Tensor Features(IReadOnlyList<int> indices, CancellationToken cancellation = default) => Features(indices, NullProgressReporter.Instance, cancellation);

    /// <summary>The features of some images, <c>[indices, features]</c>, float32. The caller owns them.</summary>
    public Tensor Features(IReadOnlyList<int> indices, IProgressTask progress, CancellationToken cancellation)
    {
        using var taking = times.Enter(RunPhase.Features);
        using var noGrad = no_grad();
        int[] missing = [.. indices.Where(i => !rowOf.ContainsKey(i)).Distinct()];
        if (missing.Length > 0)
        {
            using (times.Enter(RunPhase.Decode)) images.Prepare(missing, cancellation: cancellation);
            int[] unknown = kept is null ? missing : Read(kept, missing);
            if (unknown.Length < missing.Length) progress.Advance(missing.Length - unknown.Length);
            foreach (int[] part in unknown.Chunk(KeptBatches * batchSize)) Compute(model(), part, progress, cancellation);
            kept?.Tell(missing.Length - unknown.Length, unknown.Length);
        }
        using var wanted = tensor(indices.Select(i => rowOf[i]).ToArray(), device: device);
        return (features ?? Reserve(0, model().Config.FeatureSize)).index_select(0, wanted);
    }

    // Takes what is kept of the missing features, and gives the positions of the others.
    int[] Read(KeptFeatures source, int[] missing)
    {
        source.Look();
        int[] known = [.. missing.Where(i => source.Of(images.Hash(i)).Length > 0)];
        if (known.Length == 0) return missing;
        using var scope = NewDisposeScope();
        float[] values = [.. known.SelectMany(i => source.Of(images.Hash(i)).ToArray())];
        Append(known, tensor(values, [known.Length, values.Length / known.Length]).to(device));
        return [.. missing.Where(i => !rowOf.ContainsKey(i))];
    }

    void Compute(VisionTransformer present, int[] missing, IProgressTask progress, CancellationToken cancellation)
    {
        var type = Evaluator.Place(present).Type;
        present.eval();
        Reserve(missing.Length, present.Config.FeatureSize);
        long first = rowOf.Count;
        foreach (int[] batch in missing.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var pixels = FilledBatch.Pixels(images, batch, [.. batch.Select(_ => view)], batchSize, (type, device));
            Append(batch, present.Features(pixels).narrow(0, 0, batch.Length).to(ScalarType.Float32));
            progress.Advance(batch.Length);
        }
        if (kept is null) return;
        using var computed = features!.narrow(0, first, missing.Length).cpu();
        kept.Add([.. missing.Select(images.Hash)], [.. computed.data<float>()]);
    }

    void Append(int[] indices, Tensor rows)
    {
        using var place = Reserve(indices.Length, rows.shape[1]).narrow(0, rowOf.Count, indices.Length);
        place.copy_(rows);
        foreach (int i in indices) rowOf.Add(i, rowOf.Count);
    }

    /// <summary>The rows that there is room for.</summary>
    internal long Capacity => features?.shape[0] ?? 0;

    /// <summary>The labels of some images, <c>[indices]</c>, int64. The caller owns them.</summary>
    public Tensor Labels(IReadOnlyList<int> indices) => images.Labels(indices.ToArray(), device);

    public void Dispose() => features?.Dispose();

    // Grows by what is asked for, at least to twice the size: an experiment asks for a few images of a large data set.
    Tensor Reserve(int more, long width)
    {
        long needed = rowOf.Count + more;
        if (features is not null && needed <= features.shape[0]) return features;
        var larger = empty(Math.Max(needed, Math.Min(2L * rowOf.Count, images.Dataset.Count)), width, device: device).DetachFromDisposeScope();
        if (features is not null)
        {
            using (var old = features.narrow(0, 0, rowOf.Count))
            using (var place = larger.narrow(0, 0, rowOf.Count)) place.copy_(old);
            features.Dispose();
        }
        return features = larger;
    }
}

/// <summary>The models that stay frozen over all trainings, and their features of images: computed once for all methods, K and seeds, and where the base keeps its features for all runs.</summary>
internal sealed class FrozenModels(ImageBaseModel baseModel, IReadOnlyList<string> classNames, IReadOnlyList<LoraAdapter> modules, int batchSize, PhaseTimes? times = null) : IDisposable
{
    // A model is as large as the base, its features are small: models that were not used for longest go, and come back where features are missing.
    const int MostModels = 8;

    readonly PhaseTimes times = times ?? new PhaseTimes();
    readonly ModuleContents contents = new(modules);
    readonly Dictionary<StartingPoint, (VisionTransformer Model, IDisposable? Attached)> models = [];
    readonly List<StartingPoint> used = [];   // the last one used last
    readonly Dictionary<(StartingPoint Start, PreprocessedImages, PictureView), FeatureBank> banks = [];

    public int BatchSize => batchSize;

    /// <summary>The features of some images from one of the models.</summary>
    public FeatureBank Bank(StartingPoint start, PreprocessedImages images, PictureView view = default)
    {
        if (banks.TryGetValue((start, images, view), out var bank)) return bank;
        var kept = baseModel.Features is { } cache && FeatureKey.Of(baseModel, start, contents, batchSize, view) is { } key ? cache.Open(key) : null;
        return banks[(start, images, view)] = new FeatureBank(() => Model(start), baseModel.Device, images, batchSize, view, kept, times);
    }

    /// <summary>Lets go of a model and its features.</summary>
    public void Forget(StartingPoint start)
    {
        foreach (var key in banks.Keys.Where(key => key.Start.Equals(start)).ToArray())
        {
            banks[key].Dispose();
            banks.Remove(key);
        }
        Unload(start);
    }

    public void Dispose()
    {
        foreach (var bank in banks.Values) bank.Dispose();
        foreach (var start in models.Keys.ToArray()) Unload(start);
    }

    VisionTransformer Model(StartingPoint start)
    {
        if (models.TryGetValue(start, out var known))
        {
            used.Remove(start);
            used.Add(start);
            return known.Model;
        }
        using var loading = times.Enter(RunPhase.Load);
        if (models.Count == MostModels) Unload(used[0]);
        var model = baseModel.Load(classNames, headSeed: 0);
        try
        {
            models[start] = (model, start.Attach(model, modules));
            used.Add(start);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    void Unload(StartingPoint start)
    {
        used.Remove(start);
        if (!models.Remove(start, out var unloaded)) return;
        unloaded.Attached?.Dispose();
        unloaded.Model.Dispose();
    }
}
