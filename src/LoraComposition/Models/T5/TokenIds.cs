using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Checks indices before the native library does. Those on a GPU are not looked at: to read them the host would wait for it, in every step.</summary>
internal static class TokenIds
{
    /// <param name="ids">The indices.</param>
    /// <param name="dimensions">How many dimensions they must have.</param>
    /// <param name="count">How many indices there are: each must lie in 0 … count − 1.</param>
    /// <param name="name">The caller's parameter.</param>
    /// <exception cref="ArgumentException">They are no integers of 64 bits, have another number of dimensions, are none, or one on the CPU lies outside.</exception>
    public static void Check(Tensor ids, int dimensions, long count, string name)
    {
        if (ids.dtype != ScalarType.Int64 || ids.dim() != dimensions || ids.numel() == 0)
            throw new ArgumentException($"Expected int64 indices of {dimensions} dimensions, found {ids.dtype} [{string.Join(", ", ids.shape)}].", name);
        if (ids.device_type != DeviceType.CPU) return;
        using var scope = NewDisposeScope();
        using Scalar end = count;
        if (ids.lt(HeldScalars.Zero).logical_or(ids.ge(end)).any().item<bool>())
            throw new ArgumentException($"Expected indices in 0 … {count - 1}, found {ids.min().item<long>()} … {ids.max().item<long>()}.", name);
    }

    /// <summary>Checks that a mask has a number for each index.</summary>
    /// <exception cref="ArgumentException">It has another shape.</exception>
    public static void CheckMask(Tensor? mask, Tensor like, string name)
    {
        if (mask is not null && (mask.dim() != 2 || mask.shape[0] != like.shape[0] || mask.shape[1] != like.shape[1]))
            throw new ArgumentException($"Expected a mask [{like.shape[0]}, {like.shape[1]}], found [{string.Join(", ", mask.shape)}].", name);
    }
}

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
