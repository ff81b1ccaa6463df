using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// What a decoder keeps between the steps of a generation, so that each token is computed once: the keys and values of the tokens decoded so far, and
/// those of cross-attention. Made by <see cref="T5Model.StartDecoding"/>, extended by <see cref="T5Model.Decode(Tensor, DecoderCache)"/>.
/// </summary>
/// <remarks>Owns its tensors. It belongs to the weights it was made with: changing an adapter in between gives wrong results. Not thread-safe.</remarks>
public sealed class DecoderCache : IDisposable
{
    internal DecoderCache(long batchSize, IReadOnlyList<CachedLayer> layers, Tensor? crossBias) => (BatchSize, Layers, CrossBias) = (batchSize, layers, crossBias);

    /// <summary>The number of sequences.</summary>
    public long BatchSize { get; private set; }

    /// <summary>The number of tokens decoded so far, the same for every sequence.</summary>
    public long Length { get; internal set; }

    internal IReadOnlyList<CachedLayer> Layers { get; }

    internal Tensor? CrossBias { get; private set; }

    /// <summary>Takes other sequences of the batch: those that are not finished, or the ones that a beam search goes on with.</summary>
    /// <param name="sequences">The index of each sequence to go on with, <c>[n]</c> of int64, in any order and as often as wanted.</param>
    /// <exception cref="ArgumentException">It is no such vector, or an index lies outside the batch.</exception>
    public void Choose(Tensor sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        TokenIds.Check(sequences, 1, BatchSize, nameof(sequences));
        foreach (var layer in Layers) layer.Choose(sequences);
        if (CrossBias is { } old)
        {
            CrossBias = old.index_select(0, sequences).DetachFromDisposeScope();
            old.Dispose();
        }
        BatchSize = sequences.shape[0];
    }

    /// <summary>A new cache, without decoded tokens, of some of the texts: each in any order and as often as wanted.</summary>
    /// <returns>The caller owns it.</returns>
    internal DecoderCache Copy(Tensor texts)
    {
        TokenIds.Check(texts, 1, BatchSize, nameof(texts));
        return new DecoderCache(texts.shape[0], [.. Layers.Select(layer => layer.CopyCross(texts))], CrossBias?.index_select(0, texts).DetachFromDisposeScope());
    }

    /// <summary>Takes other sequences where each of the batch's rows goes on with the same text as before, so that what cross-attention reads stays.</summary>
    internal void Reorder(Tensor sequences)
    {
        foreach (var layer in Layers) layer.Reorder(sequences);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers) layer.Dispose();
        CrossBias?.Dispose();
    }
}

/// <summary>What one decoder block keeps between steps: the keys and values of cross-attention, and those of the tokens decoded so far. Owns both.</summary>
/// <remarks>Without a graph new tokens are written behind the others, into memory that doubles when it is full, so that a token copies nothing but itself.</remarks>
internal sealed class CachedLayer(KeysValues cross) : IDisposable
{
    const long FirstCapacity = 16;

    KeysValues? kept;   // [batch, heads, capacity, width], of which the first tokens count
    long length;

    public KeysValues Cross { get; private set; } = cross;

    /// <summary>Appends the keys and values of new tokens.</summary>
    /// <returns>Those of all tokens, in the dispose scope of now; they look into memory of this object.</returns>
    public KeysValues Extend(KeysValues next)
    {
        long all = length + next.Keys.shape[2];
        if (is_grad_enabled())
            // A graph may need what an earlier step read.
            Keep(kept is null ? next.Select(tensor => tensor.alias()) : Tokens(length).With(next, (before, added) => cat([before, added], 2)));
        else
        {
            if (kept is null || all > kept.Value.Keys.shape[2]) Grow(next, Math.Max(all, kept is null ? FirstCapacity : 2 * length));
            Write(next, length);
        }
        length = all;
        return Tokens(length);
    }

    /// <summary>Takes other sequences of the batch, or the same in another order.</summary>
    public void Choose(Tensor sequences)
    {
        Cross = Chosen(Cross, sequences);
        Reorder(sequences);
    }

    /// <summary>Takes other sequences of the same texts: what cross-attention reads stays.</summary>
    public void Reorder(Tensor sequences)
    {
        if (kept is { } old) kept = Chosen(old, sequences);
    }

    /// <summary>What cross-attention reads, of other sequences of the batch.</summary>
    /// <returns>A layer without decoded tokens. The caller owns it.</returns>
    public CachedLayer CopyCross(Tensor sequences) => new(Cross.Select(tensor => tensor.index_select(0, sequences).DetachFromDisposeScope()));

    static KeysValues Chosen(KeysValues old, Tensor sequences)
    {
        var chosen = old.Select(tensor => tensor.index_select(0, sequences).DetachFromDisposeScope());
        old.Dispose();
        return chosen;
    }

    public void Dispose()
    {
        Cross.Dispose();
        kept?.Dispose();
    }

    KeysValues Tokens(long count) => kept!.Value.Select(tensor => tensor.narrow(2, 0, count));

    void Keep(KeysValues larger)
    {
        kept?.Dispose();
        kept = larger.Select(tensor => tensor.DetachFromDisposeScope());
    }

    void Grow(KeysValues like, long capacity)
    {
        using var scope = NewDisposeScope();
        var larger = like.Select(tensor => empty([.. tensor.shape[..2], capacity, tensor.shape[3]], tensor.dtype, tensor.device));
        var before = length > 0 ? Tokens(length) : default(KeysValues?);
        Keep(larger);
        if (before is { } tokens) Write(tokens, 0);
    }

    void Write(KeysValues tokens, long first)
    {
        using var scope = NewDisposeScope();
        tokens.With(kept!.Value, (source, target) => target.narrow(2, first, source.shape[2]).copy_(source));
    }
}

/// <summary>What attention reads of the tokens that are asked.</summary>
/// <param name="Keys"><c>[batch, heads, tokens, width]</c>.</param>
/// <param name="Values"><c>[batch, heads, tokens, width]</c>.</param>
internal readonly record struct KeysValues(Tensor Keys, Tensor Values)
{
    /// <summary>Makes both of other tensors.</summary>
    public KeysValues Select(Func<Tensor, Tensor> change) => new(change(Keys), change(Values));

    /// <summary>Makes both of these and others.</summary>
    public KeysValues With(KeysValues others, Func<Tensor, Tensor, Tensor> make) => new(make(Keys, others.Keys), make(Values, others.Values));

    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
    }
}
