using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The features that a frozen model gives for a set of images, each computed once, when first asked for.</summary>
/// <remarks>
/// Owns its features, neither the model nor the images. The model must not change while the bank lives. All batches have one size, filled up where
/// need be: products of other sizes round otherwise, and a result would depend on which features were asked for before it.
/// </remarks>
internal sealed class FeatureBank : IDisposable
{
    /// <summary>Large enough for efficient products, small enough that filling up costs little.</summary>
    public const int DefaultBatchSize = 32;

    readonly Func<VisionTransformer> model;
    readonly PreprocessedImages images;
    readonly int batchSize;
    readonly PictureView view;
    readonly PhaseTimes times;
    readonly Dictionary<int, long> rowOf = [];
    Tensor features;

    /// <param name="model">The frozen model.</param>
    /// <param name="images">The images.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="view">How the images are seen.</param>
    /// <param name="times">Is told what the time goes into.</param>
    public FeatureBank(VisionTransformer model, PreprocessedImages images, int batchSize, PictureView view = default, PhaseTimes? times = null)
        : this(() => model, images, batchSize, view, times)
    {
    }

    /// <param name="model">Gives the frozen model when features are missing, the same one each time.</param>
    /// <param name="images">The images.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="view">How the images are seen.</param>
    /// <param name="times">Is told what the time goes into.</param>
    public FeatureBank(Func<VisionTransformer> model, PreprocessedImages images, int batchSize, PictureView view = default, PhaseTimes? times = null)
    {
        (this.model, this.images, this.batchSize, this.view, this.times) = (model, images, batchSize, view, times ?? new PhaseTimes());
        var present = model();
        features = empty(0, present.Config.FeatureSize, device: Evaluator.Place(present).Device).DetachFromDisposeScope();
    }

    /// <summary>The features of some images, <c>[indices, features]</c>, float32. The caller owns them.</summary>
    public Tensor Features(IReadOnlyList<int> indices, CancellationToken cancellation = default) => Features(indices, NullProgressReporter.Instance, cancellation);

    /// <summary>The features of some images, <c>[indices, features]</c>, float32. The caller owns them.</summary>
    public Tensor Features(IReadOnlyList<int> indices, IProgressTask progress, CancellationToken cancellation)
    {
        using var computing = times.Enter(RunPhase.Features);
        using var noGrad = no_grad();
        int[] missing = [.. indices.Where(i => !rowOf.ContainsKey(i)).Distinct()];
        if (missing.Length > 0) Compute(model(), missing, progress, cancellation);
        using var wanted = tensor(indices.Select(i => rowOf[i]).ToArray(), device: features.device);
        return features.index_select(0, wanted);
    }

    void Compute(VisionTransformer present, int[] missing, IProgressTask progress, CancellationToken cancellation)
    {
        var (type, device) = Evaluator.Place(present);
        present.eval();
        using (times.Enter(RunPhase.Decode)) images.Prepare(missing, cancellation: cancellation);
        Reserve(missing.Length);
        foreach (int[] batch in missing.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int[] full = [.. batch, .. Enumerable.Repeat(batch[^1], batchSize - batch.Length)];
            var pixels = PictureView.Apply(images.Batch(full, device, type), [.. full.Select(_ => view)]);   // [batch, 3, size, size]
            var computed = present.Features(pixels).narrow(0, 0, batch.Length).to(ScalarType.Float32);
            features.narrow(0, rowOf.Count, batch.Length).copy_(computed);
            foreach (int i in batch) rowOf.Add(i, rowOf.Count);
            progress.Advance(batch.Length);
        }
    }

    /// <summary>The rows that there is room for.</summary>
    internal long Capacity => features.shape[0];

    /// <summary>The labels of some images, <c>[indices]</c>, int64. The caller owns them.</summary>
    public Tensor Labels(IReadOnlyList<int> indices) => images.Labels(indices.ToArray(), features.device);

    public void Dispose() => features.Dispose();

    // Grows by what is asked for, at least to twice the size: an experiment asks for a few images of a large data set.
    void Reserve(int more)
    {
        long needed = rowOf.Count + more;
        if (needed <= features.shape[0]) return;
        var larger = Empty(Math.Max(needed, Math.Min(2L * rowOf.Count, images.Dataset.Count)));
        using (var kept = features.narrow(0, 0, rowOf.Count))
        using (var place = larger.narrow(0, 0, rowOf.Count)) place.copy_(kept);
        features.Dispose();
        features = larger;
    }

    Tensor Empty(long rows) => empty(rows, features.shape[1], device: features.device).DetachFromDisposeScope();
}

/// <summary>The models that stay frozen over all trainings, and their features of images: computed once for all methods, K and seeds.</summary>
internal sealed class FrozenModels(ImageBaseModel baseModel, IReadOnlyList<string> classNames, IReadOnlyList<LoraAdapter> modules, int batchSize, PhaseTimes? times = null) : IDisposable
{
    // A model is as large as the base, its features are small: models that were not used for longest go, and come back where features are missing.
    const int MostModels = 8;

    readonly PhaseTimes times = times ?? new PhaseTimes();
    readonly Dictionary<StartingPoint, (VisionTransformer Model, IDisposable? Attached)> models = [];
    readonly List<StartingPoint> used = [];   // the last one used last
    readonly Dictionary<(StartingPoint Start, PreprocessedImages, PictureView), FeatureBank> banks = [];

    public int BatchSize => batchSize;

    /// <summary>The features of some images from one of the models.</summary>
    public FeatureBank Bank(StartingPoint start, PreprocessedImages images, PictureView view = default)
    {
        if (banks.TryGetValue((start, images, view), out var bank)) return bank;
        return banks[(start, images, view)] = new FeatureBank(() => Model(start), images, batchSize, view, times);
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
