using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Makes the bias that keeps attention from tokens: those that fill a text up, and in a decoder those that come later.</summary>
internal static class AttentionMask
{
    /// <summary>Which tokens count, for every token that asks.</summary>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all count.</param>
    /// <returns><c>[batch, 1, 1, tokens]</c>, or null.</returns>
    public static Tensor? Counted(Tensor? mask) => mask?.ne(HeldScalars.Zero).unsqueeze(1).unsqueeze(1);

    /// <summary>Which tokens are not later than the one that asks, <c>[asking, tokens]</c>.</summary>
    /// <param name="asking">The number of tokens that ask; they are the last ones.</param>
    /// <param name="tokens">The number of tokens that are asked.</param>
    /// <param name="device">Where the result lies.</param>
    public static Tensor Causal(long asking, long tokens, Device device) => ones(asking, tokens, dtype: ScalarType.Bool, device: device).tril(tokens - asking);

    /// <summary>The bias with a very small number wherever attention must not go. It is finite, so that a token that may see none gives no NaN.</summary>
    /// <param name="bias">The bias so far.</param>
    /// <param name="seen">Where attention may go; null for everywhere.</param>
    public static Tensor Hide(Tensor bias, Tensor? seen)
    {
        if (seen is null) return bias;
        using Scalar small = finfo(bias.dtype).min / 2;
        return where(seen, bias, full(1, small, dtype: bias.dtype, device: bias.device));
    }
}
