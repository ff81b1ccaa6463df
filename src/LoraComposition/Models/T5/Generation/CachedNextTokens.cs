using static TorchSharp.torch;

namespace LoraComposition.Models;

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
