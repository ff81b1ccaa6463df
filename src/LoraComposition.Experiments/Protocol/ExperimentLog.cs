using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>What an experiment tells a logger.</summary>
static partial class ExperimentLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Skipped run {Run}: its result is there")]
    public static partial void RunIsThere(this ILogger logger, RunKey run);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: accuracy {Accuracy} on {Count} samples, in {Milliseconds} ms")]
    public static partial void RunDone(this ILogger logger, RunKey run, double accuracy, int count, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void SamplesAreShort(this ILogger logger, string problem);
}
