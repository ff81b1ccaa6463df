using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>What making upstream modules tells a logger.</summary>
static partial class UpstreamLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Skipped the training of module '{Module}': {Path} holds it")]
    public static partial void ModuleIsThere(this ILogger logger, string module, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trained module '{Module}' in {Milliseconds} ms, kept in {Path}")]
    public static partial void ModuleTrained(this ILogger logger, string module, long milliseconds, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another process finished module '{Module}' meanwhile; the one it put in {Path} is used")]
    public static partial void ModuleWasFinishedElsewhere(this ILogger logger, string module, string path);
}
