using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>What reading and writing adapters tells a logger.</summary>
static partial class AdapterLog
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Loaded adapter '{Adapter}': {Layers} layers, {Parameters} numbers, from {Path} in {Milliseconds} ms")]
    public static partial void AdapterLoaded(this ILogger logger, string adapter, int layers, long parameters, string path, long milliseconds);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "Opened adapter '{Adapter}': {Layers} layers, {Parameters} numbers, in {Path}")]
    public static partial void AdapterOpened(this ILogger logger, string adapter, int layers, long parameters, string path);

    [LoggerMessage(EventId = 102, Level = LogLevel.Debug, Message = "Adapter '{Adapter}', layer '{Layer}': rank {Rank}, scaling {Scaling}")]
    public static partial void AdapterLayer(this ILogger logger, string adapter, string layer, long rank, double scaling);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Adapter '{Adapter}': {Problem}")]
    public static partial void AdapterIsOdd(this ILogger logger, string adapter, string problem);

    [LoggerMessage(EventId = 104, Level = LogLevel.Warning, Message = "Skipped {Path}: it holds no adapter")]
    public static partial void FolderSkipped(this ILogger logger, string path);

    [LoggerMessage(EventId = 105, Level = LogLevel.Warning,
        Message = "Skipped {Path}: a run that was killed left it unfinished; the next run that writes there removes it once it is an hour old, or delete it")]
    public static partial void UnfinishedSkipped(this ILogger logger, string path);

    [LoggerMessage(EventId = 106, Level = LogLevel.Information, Message = "Saved adapter '{Adapter}': {Layers} layers, to {Path} in {Milliseconds} ms")]
    public static partial void AdapterSaved(this ILogger logger, string adapter, int layers, string path, long milliseconds);
}
