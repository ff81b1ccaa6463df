using Microsoft.Extensions.Logging;

namespace LoraComposition.Models;

/// <summary>What reading and writing models tells a logger.</summary>
static partial class ModelLog
{
    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "Loaded {Model} as {Dtype}: {Tensors} tensors from {Path} in {Milliseconds} ms")]
    public static partial void ModelLoaded(this ILogger logger, string model, string dtype, int tensors, string path, long milliseconds);

    [LoggerMessage(EventId = 301, Level = LogLevel.Debug, Message = "Tensor '{Tensor}' of {Path} fills {Parameters} parameters")]
    public static partial void TensorLoaded(this ILogger logger, string tensor, string path, int parameters);

    [LoggerMessage(EventId = 302, Level = LogLevel.Debug, Message = "Skipped tensor '{Tensor}' of {Path}: the model does not need it")]
    public static partial void TensorSkipped(this ILogger logger, string tensor, string path);

    [LoggerMessage(EventId = 303, Level = LogLevel.Information, Message = "The model has a fresh head of {Classes} classes")]
    public static partial void FreshHead(this ILogger logger, int classes);

    [LoggerMessage(EventId = 304, Level = LogLevel.Information, Message = "Interpolated the positions from {Stored} to {Wanted} pixels")]
    public static partial void PositionsInterpolated(this ILogger logger, int stored, int wanted);

    [LoggerMessage(EventId = 305, Level = LogLevel.Information, Message = "Saved {Model}: {Tensors} tensors to {Path} in {Milliseconds} ms")]
    public static partial void ModelSaved(this ILogger logger, string model, int tensors, string path, long milliseconds);

    [LoggerMessage(EventId = 306, Level = LogLevel.Information, Message = "Merged {Layers} layers into a checkpoint of {Tensors} tensors, to {Path} in {Milliseconds} ms")]
    public static partial void CheckpointMerged(this ILogger logger, int layers, int tensors, string path, long milliseconds);

    [LoggerMessage(EventId = 307, Level = LogLevel.Warning, Message = "A file beside the weights is left out: {Reason}")]
    public static partial void CompanionLeftOut(this ILogger logger, string reason);
}
