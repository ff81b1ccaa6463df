using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>What adapting a model and predicting with it tells a logger.</summary>
static partial class AdaptationLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Method '{Method}': accuracy {Accuracy}, loss {Loss} on {Count} images held out")]
    public static partial void MethodTried(this ILogger logger, string method, double accuracy, double loss, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Adapted by '{Method}' in {Milliseconds} ms")]
    public static partial void ModelAdapted(this ILogger logger, string method, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void SamplesAreShort(this ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Skipped a picture: {Problem}")]
    public static partial void PictureRefused(this ILogger logger, string problem);
}
