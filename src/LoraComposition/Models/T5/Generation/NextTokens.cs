using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>What a search asks of a model: how likely each token is to follow each of several sequences.</summary>
internal interface INextTokens : IDisposable
{
    /// <summary>The logits of the tokens after these.</summary>
    /// <param name="tokens">The newest token of each sequence, <c>[rows]</c>, int64; at first the decoder's start.</param>
    /// <returns><c>[rows, vocabulary]</c>. The caller owns it.</returns>
    Tensor Logits(Tensor tokens);

    /// <summary>Goes on with other sequences.</summary>
    /// <param name="rows">The present row of each sequence to go on with, in any order and as often as wanted, <c>[rows]</c>, int64.</param>
    void Choose(Tensor rows);

    /// <summary>As <see cref="Choose"/>, where the new sequence of every row continues the same input as the old one.</summary>
    void Reorder(Tensor rows);
}

/// <summary>Computes each token once and keeps its keys and values.</summary>
/// <param name="model">The model. Not owned.</param>
/// <param name="cache">What was kept so far. Owned from here on.</param>
internal sealed class CachedNextTokens(T5Model model, DecoderCache cache) : INextTokens
{
    public Tensor Logits(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        // [rows, 1, d] → [rows, d] → [rows, vocabulary]
        return model.Logits(model.Decode(tokens.unsqueeze(1), cache).squeeze(1)).MoveToOuterDisposeScope();
    }

    public void Choose(Tensor rows) => cache.Choose(rows);

    public void Reorder(Tensor rows) => cache.Reorder(rows);

    public void Dispose() => cache.Dispose();
}

/// <summary>Computes every sequence as a whole in each step: what the cache is compared with.</summary>
/// <param name="model">The model. Not owned.</param>
/// <param name="encoderStates"><c>[batch, tokens, d]</c>. Not owned.</param>
/// <param name="encoderMask"><c>[batch, tokens]</c>, or null. Not owned.</param>
internal sealed class UncachedNextTokens(T5Model model, Tensor encoderStates, Tensor? encoderMask) : INextTokens
{
    Tensor states = encoderStates.alias().DetachFromDisposeScope();
    Tensor? mask = encoderMask?.alias().DetachFromDisposeScope();
    Tensor? sequences;   // [rows, decoded]

    public Tensor Logits(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var before = sequences;
        sequences = (before is null ? tokens.unsqueeze(1) : cat([before, tokens.unsqueeze(1)], 1)).DetachFromDisposeScope();
        before?.Dispose();
        // [rows, decoded, d] → [rows, d] → [rows, vocabulary]
        return model.Logits(model.Decode(sequences, states, mask)[.., -1]).MoveToOuterDisposeScope();
    }

    public void Choose(Tensor rows)
    {
        states = Chosen(states, rows);
        if (mask is not null) mask = Chosen(mask, rows);
        Reorder(rows);
    }

    public void Reorder(Tensor rows)
    {
        if (sequences is not null) sequences = Chosen(sequences, rows);
    }

    public void Dispose()
    {
        states.Dispose();
        mask?.Dispose();
        sequences?.Dispose();
    }

    static Tensor Chosen(Tensor old, Tensor rows)
    {
        var chosen = old.index_select(0, rows).DetachFromDisposeScope();
        old.Dispose();
        return chosen;
    }
}
