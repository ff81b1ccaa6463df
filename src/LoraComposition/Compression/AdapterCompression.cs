using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition;

/// <summary>
/// Lowers the rank of updates with the least error in the Frobenius norm, by a truncated singular value decomposition. It suits exported compositions,
/// whose rank is the sum of their modules' ranks.
/// </summary>
/// <remarks>Float64 inside; the results are float64 where the factors are, else float32, on the factors' device. The same input gives the same bytes.</remarks>
/// <example>
/// <code>
/// using var adapter = composition.ToAdapter("my-task");
/// using var small = AdapterCompression.Compress(adapter, RankTarget.Energy(0.99));
/// foreach (var layer in small.Layers) Console.WriteLine($"{layer.Path}: rank {layer.RankBefore} → {layer.Rank}, relative error {layer.RelativeError:P2}");
/// small.Adapter.Save("my-task-small");
/// </code>
/// </example>
public static class AdapterCompression
{
    /// <summary>Compresses the update of one layer. No matrix of the layer's size is made.</summary>
    /// <param name="delta">The update; it stays the caller's.</param>
    /// <param name="target">How far. The result's rank is never above min(rank, in, out), nor above the numerical rank, and at least 1.</param>
    /// <returns>The nearest update of that rank. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A factor holds NaN or infinite numbers.</exception>
    public static CompressedDelta Compress(LoraDelta delta, RankTarget target)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentNullException.ThrowIfNull(target);
        return TruncatedSvd.Compute(delta, target);
    }

    /// <summary>Compresses every layer of an adapter on its own, each to the target; the layers' ranks may differ afterwards.</summary>
    /// <param name="adapter">The adapter; it stays the caller's.</param>
    /// <param name="target">How far.</param>
    /// <param name="name">What to call the result; the adapter's name where not given.</param>
    /// <param name="logger">Is told each layer's ranks and error.</param>
    /// <param name="progress">Is told how many layers are compressed.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    /// <returns>The compressed adapter with a report. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A factor holds NaN or infinite numbers; the message names the layer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CompressedAdapter Compress(LoraAdapter adapter, RankTarget target, string? name = null, ILogger? logger = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(target);
        logger ??= NullLogger.Instance;
        long started = Stopwatch.GetTimestamp();
        var deltas = new List<KeyValuePair<string, LoraDelta>>(adapter.Layers.Count);
        var report = new List<LayerCompression>(adapter.Layers.Count);
        try
        {
            foreach (var (path, delta) in adapter.Layers)
            {
                cancellation.ThrowIfCancellationRequested();
                var compressed = Layer(adapter, path, delta, target);
                deltas.Add(new(path, compressed.Delta));
                report.Add(new LayerCompression(path, compressed.RankBefore, compressed.Rank, compressed.RetainedEnergy, compressed.RelativeError));
                logger.LayerCompressed(path, compressed.RankBefore, compressed.Rank, compressed.RelativeError);
                progress?.Report(new(report.Count, adapter.Layers.Count));
            }
            logger.AdapterCompressed(report.Count, adapter.Name, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds,
                report.Max(layer => layer.RelativeError));
            return new CompressedAdapter(adapter.With(name ?? adapter.Name, deltas, adapter.Provenance), report.AsReadOnly());
        }
        catch
        {
            foreach (var (_, delta) in deltas) delta.Dispose();
            throw;
        }
    }

    static CompressedDelta Layer(LoraAdapter adapter, string path, LoraDelta delta, RankTarget target)
    {
        try
        {
            return TruncatedSvd.Compute(delta, target);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"Adapter '{adapter.Name}', layer '{path}': {e.Message}", nameof(adapter), e);
        }
    }
}

/// <summary>What compressing tells a logger.</summary>
static partial class CompressionLog
{
    [LoggerMessage(EventId = 400, Level = LogLevel.Debug, Message = "Layer '{Layer}': rank {RankBefore} compressed to {Rank}, relative error {Error}")]
    public static partial void LayerCompressed(this ILogger logger, string layer, long rankBefore, long rank, double error);

    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "Compressed {Layers} layers of adapter '{Adapter}' in {Milliseconds} ms; largest relative error {Error}")]
    public static partial void AdapterCompressed(this ILogger logger, int layers, string adapter, long milliseconds, double error);
}
