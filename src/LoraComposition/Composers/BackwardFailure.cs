using System.Runtime.ExceptionServices;

namespace LoraComposition;

/// <summary>
/// Why a backward pass through one layer failed. Torch's engine cannot carry a managed exception: <c>backward()</c> throws one of its own, which does
/// not name the cause, and the layer throws the cause when it is used next.
/// </summary>
internal sealed class BackwardFailure
{
    ExceptionDispatchInfo? cause;

    public void Keep(Exception exception) => Volatile.Write(ref cause, ExceptionDispatchInfo.Capture(exception));

    /// <summary>Throws the cause, once; does nothing where no backward pass failed.</summary>
    public void ThrowKept()
    {
        if (Volatile.Read(ref cause) is not null) Interlocked.Exchange(ref cause, null)?.Throw();
    }
}
