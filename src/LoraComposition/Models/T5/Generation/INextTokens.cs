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
