using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Conventions.BadSamples;

public class MutableOptions
{
    public int Size { get; set; }
}

public sealed record DemandingOptions(int Size);

public sealed class StrayException : Exception;

public static class LongWork
{
    public static void Good(int size, ILogger? logger = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) => _ = (size, logger, progress, cancellation);

    public static void Demanding(int size, CancellationToken cancellation) => _ = (size, cancellation);

    [SuppressMessage("Design", "CA1068", Justification = "It is bad on purpose.")]
    public static void Misplaced(CancellationToken cancellation = default, ILogger? logger = null) => _ = (cancellation, logger);

    public static void Misnamed(IProgress<int>? p = null) => _ = p;
}
