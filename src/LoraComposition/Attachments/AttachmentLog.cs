using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>What changing a model tells a logger.</summary>
static partial class AttachmentLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Debug, Message = "Layer '{Layer}' is a {Kind} now")]
    public static partial void LayerAdapted(this ILogger logger, string layer, string kind);

    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Matched adapters {Adapters} to {Layers} layers of the model")]
    public static partial void AdaptersMatched(this ILogger logger, string adapters, int layers);

    [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void MatchIsSuspicious(this ILogger logger, string problem);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning,
        Message = "Adapter '{Adapter}' leaves {Layers} of the composed layers alone, for example '{Example}'; there it counts as an update of zero")]
    public static partial void LayersWithoutUpdate(this ILogger logger, string adapter, int layers, string example);

    [LoggerMessage(EventId = 204, Level = LogLevel.Information, Message = "Attached to {Layers} layers, {Trainable} trainable numbers, in {Milliseconds} ms")]
    public static partial void Attached(this ILogger logger, int layers, long trainable, long milliseconds);

    [LoggerMessage(EventId = 205, Level = LogLevel.Debug, Message = "Merged layer '{Layer}'")]
    public static partial void LayerMerged(this ILogger logger, string layer);

    [LoggerMessage(EventId = 206, Level = LogLevel.Information, Message = "Merged {Layers} layers into the base weights in {Milliseconds} ms")]
    public static partial void Merged(this ILogger logger, int layers, long milliseconds);

    [LoggerMessage(EventId = 207, Level = LogLevel.Information, Message = "Detached from {Layers} layers")]
    public static partial void Detached(this ILogger logger, int layers);

    [LoggerMessage(EventId = 208, Level = LogLevel.Information, Message = "Exported adapter '{Adapter}': {Layers} layers, in {Milliseconds} ms")]
    public static partial void Exported(this ILogger logger, string adapter, int layers, long milliseconds);
}
