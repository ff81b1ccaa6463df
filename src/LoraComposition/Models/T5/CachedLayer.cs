using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>What one decoder block keeps between steps: the keys and values of cross-attention, and those of the tokens decoded so far. Owns both.</summary>
internal sealed class CachedLayer(KeysValues cross) : IDisposable
{
    KeysValues? past;

    public KeysValues Cross { get; private set; } = cross;

    /// <summary>Appends the keys and values of new tokens.</summary>
    /// <returns>Those of all tokens, owned by this object.</returns>
    public KeysValues Extend(KeysValues next)
    {
        var all = past is { } before ? new KeysValues(cat([before.Keys, next.Keys], 2), cat([before.Values, next.Values], 2)) : next;
        past?.Dispose();
        past = all.Select(tensor => tensor.DetachFromDisposeScope());
        return all;
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
        if (past is { } kept) past = Chosen(kept, sequences);
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
        past?.Dispose();
    }
}
