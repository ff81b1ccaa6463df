using static TorchSharp.torch;

namespace LoraComposition.Models;

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
