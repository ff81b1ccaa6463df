using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// The memory of a layer's materialised weight, kept from one step to the next: fresh memory costs a page fault for each page. A weight that is still
/// wanted for a backward pass is not handed out again, so several forward passes before a backward one each get their own.
/// </summary>
/// <param name="returned">Is called whenever memory comes back from a backward pass.</param>
internal sealed class KeptMemory(Action? returned = null)
{
    Tensor? spare;

    /// <summary>Memory of a shape, which is always the same, and of a tensor's type and device; what it holds is arbitrary.</summary>
    /// <returns>The memory. The caller disposes the handle.</returns>
    public Tensor Take(long[] shape, Tensor like)
    {
        var taken = Interlocked.Exchange(ref spare, null);
        if (taken is not null && taken.IsKindOf(like)) return taken;
        taken?.Dispose();
        return empty(shape, dtype: like.dtype, device: like.device).DetachFromDisposeScope();
    }

    /// <summary>Takes memory back that nothing reads any more.</summary>
    public void Return(Tensor memory)
    {
        Interlocked.Exchange(ref spare, memory.detach().DetachFromDisposeScope())?.Dispose();
        returned?.Invoke();
    }

    public void Clear() => Interlocked.Exchange(ref spare, null)?.Dispose();
}
