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
