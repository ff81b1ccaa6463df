using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// The hidden states of pictures in front of the first block that is adapted or trains (<see cref="VisionTransformer.FrozenBlocks"/>). What lies before it gives
/// the same in every step of every training over one base model, so each view of a picture passes it once.
/// </summary>
/// <remarks>
/// Owns the states, neither models nor pictures. Bounded: what does not fit is computed whenever it is needed. All batches are filled up to one
/// size (<see cref="FilledBatch"/>). Not thread-safe.
/// </remarks>
/// <param name="batchSize">The pictures in a batch.</param>
/// <param name="mostBytes">The most bytes to keep: by default the states of 1,700 pictures in a ViT-B/32, of 440 in a ViT-B/16.</param>
internal sealed class HiddenStates(int batchSize, long mostBytes = HiddenStates.MostBytes) : IDisposable
{
    const long MostBytes = 256L << 20;

    readonly Dictionary<(PreprocessedImages Images, int Blocks), KeptStates> parts = [];
    bool isFull;

    /// <summary>How many pictures passed the frozen blocks, those among them that fill a batch up.</summary>
    internal long Passed { get; private set; }

    /// <summary>The logits of a model, for which only the rest of it is computed.</summary>
    /// <param name="model">The model, over the base model of all calls.</param>
    /// <param name="blocks">Its <see cref="VisionTransformer.FrozenBlocks"/>, not negative.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="batch">Their positions.</param>
    /// <param name="views">How each of them is seen.</param>
    /// <returns><c>[batch, classes]</c>. The caller owns them.</returns>
    public Tensor Logits(VisionTransformer model, int blocks, PreprocessedImages images, IReadOnlyList<int> batch, IReadOnlyList<PictureView> views)
    {
        using var scope = NewDisposeScope();
        var hidden = Take(model, blocks, images, [.. batch.Zip(views)]);
        return model.Classify(model.FeaturesFrom(hidden, blocks)).MoveToOuterDisposeScope();
    }

    /// <summary>Lets go of all states where no more of them fit: those of the samples to come are worth more.</summary>
    public void MakeRoom()
    {
        if (isFull) Dispose();
    }

    public void Dispose()
    {
        foreach (var part in parts.Values) part.States.Dispose();
        parts.Clear();
        isFull = false;
    }

    // [pictures, tokens, d]
    Tensor Take(VisionTransformer model, int blocks, PreprocessedImages images, IReadOnlyList<(int, PictureView)> pictures)
    {
        using var noGrad = no_grad();
        var known = parts.GetValueOrDefault((images, blocks));
        (int, PictureView)[] missing = [.. pictures.Where(picture => known is null || !known.Rows.ContainsKey(picture)).Distinct()];
        if (missing.Length > 0)
        {
            var computed = Compute(model, blocks, images, missing);
            if (!TryKeep((images, blocks), missing, computed)) return Joined(known, missing, computed, pictures);
            known = parts[(images, blocks)];
        }
        return Rows(known!.States, pictures.Select(picture => known.Rows[picture]));
    }

    // Where there is no room: those that are kept, behind those that were computed for this batch alone.
    static Tensor Joined(KeptStates? known, IReadOnlyList<(int, PictureView)> missing, Tensor computed, IReadOnlyList<(int, PictureView)> pictures)
    {
        var places = missing.Index().ToDictionary(picture => picture.Item, picture => (long)picture.Index);
        var kept = new List<long>();
        foreach (var picture in pictures)
            if (places.TryAdd(picture, missing.Count + kept.Count)) kept.Add(known!.Rows[picture]);
        return Rows(kept.Count == 0 ? computed : cat([computed, Rows(known!.States, kept)], 0), pictures.Select(picture => places[picture]));
    }

    static Tensor Rows(Tensor states, IEnumerable<long> rows)
    {
        using var chosen = HostToDevice.Copy(tensor(rows.ToArray()), states.device);
        return states.index_select(0, chosen);
    }

    Tensor Compute(VisionTransformer model, int blocks, PreprocessedImages images, IReadOnlyList<(int Index, PictureView View)> pictures)
    {
        var place = Evaluator.Place(model);
        var computed = new List<Tensor>();
        foreach (var batch in pictures.Chunk(batchSize))
        {
            var pixels = FilledBatch.Pixels(images, [.. batch.Select(picture => picture.Index)], [.. batch.Select(picture => picture.View)], batchSize, place);
            computed.Add(model.HiddenState(pixels, blocks).narrow(0, 0, batch.Length));
            Passed += batchSize;
        }
        return computed is [var only] ? only : cat(computed, 0);
    }

    bool TryKeep((PreprocessedImages, int) key, IReadOnlyList<(int, PictureView)> pictures, Tensor states)
    {
        long bytesOfOne = states[0].numel() * states.dtype.ElementSize();
        long others = parts.Where(part => part.Key != key).Sum(part => part.Value.States.shape[0]) * bytesOfOne;
        var known = parts.GetValueOrDefault(key);
        int used = known?.Rows.Count ?? 0;
        long needed = used + pictures.Count, room = (mostBytes - others) / bytesOfOne;
        if (needed > room)
        {
            isFull = true;
            return false;
        }
        if (known is null || needed > known.States.shape[0])
        {
            var larger = empty([Math.Min(room, Math.Max(needed, 2L * used)), .. states.shape[1..]], states.dtype, states.device).DetachFromDisposeScope();
            if (known is not null)
            {
                using (var old = known.States.narrow(0, 0, used))
                using (var place = larger.narrow(0, 0, used)) place.copy_(old);
                known.States.Dispose();
            }
            parts[key] = known = new KeptStates(larger, known?.Rows ?? []);
        }
        using (var place = known.States.narrow(0, used, pictures.Count)) place.copy_(states);
        foreach (var picture in pictures) known.Rows.Add(picture, known.Rows.Count);
        return true;
    }

    /// <summary>The states of one set of pictures behind so many blocks, <c>[capacity, tokens, d]</c>, and the row of each view of a picture.</summary>
    sealed record KeptStates(Tensor States, Dictionary<(int Index, PictureView View), long> Rows);
}
