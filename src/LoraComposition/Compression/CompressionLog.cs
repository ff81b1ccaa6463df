using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>What compressing tells a logger.</summary>
static partial class CompressionLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Layer '{Layer}': rank {RankBefore} compressed to {Rank}, relative error {Error}")]
    public static partial void LayerCompressed(this ILogger logger, string layer, long rankBefore, long rank, double error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Compressed {Layers} layers of adapter '{Adapter}' in {Milliseconds} ms; largest relative error {Error}")]
    public static partial void AdapterCompressed(this ILogger logger, int layers, string adapter, long milliseconds, double error);
}
