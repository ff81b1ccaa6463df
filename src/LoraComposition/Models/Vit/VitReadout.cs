using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>From the tokens of the last block to the features: the last norm, the pooling and the projection, as far as a model has them.</summary>
internal static class VitReadout
{
    /// <param name="parts">What the model is made of.</param>
    /// <param name="tokens"><c>[batch, tokens, d]</c>, of which only the first may be there (<see cref="VitParts.TokensRead"/>).</param>
    /// <param name="norm">The last norm; null for none.</param>
    /// <param name="pool">The pooling by attention; null for none.</param>
    /// <param name="projection">The projection, plain or adapted; null for none.</param>
    /// <returns><c>[batch, features]</c>.</returns>
    public static Tensor Features(VitParts parts, Tensor tokens, LayerNorm? norm, VitAttentionPool? pool, nn.Module<Tensor, Tensor>? projection)
    {
        using var scope = NewDisposeScope();
        if (parts.LastNorm == VitNormPlace.BeforePooling) tokens = norm!.call(tokens);
        var pooled = parts.Pooling switch
        {
            VitPooling.ClassToken => tokens[.., 0],
            VitPooling.ClassAndDistillationToken => tokens[.., ..2].flatten(1),
            VitPooling.Patches => Patches(),
            VitPooling.ClassTokenAndPatches => cat([tokens[.., 0], Patches()], 1),
            _ => pool!.call(tokens),
        };
        if (parts.LastNorm == VitNormPlace.AfterPooling) pooled = norm!.call(pooled);
        return (projection is null ? pooled : projection.call(pooled)).MoveToOuterDisposeScope();

        // [batch, patches, d] → [batch, d]
        Tensor Patches() => tokens[.., parts.TokensInFront..].mean([1]);
    }
}
