using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>What training tells a logger.</summary>
static partial class TrainingLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Step {Step} of {Steps}: validation accuracy {Accuracy}, loss {Loss}")]
    public static partial void Checked(this ILogger logger, int step, int steps, double accuracy, double loss);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped early at step {Step} of {Steps}: {Checks} checks without an improvement")]
    public static partial void StoppedEarly(this ILogger logger, int step, int steps, int checks);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trained {Parameters} numbers on {Samples} samples for {Steps} steps in {Milliseconds} ms; the state of step {Best} is kept")]
    public static partial void Trained(this ILogger logger, long parameters, int samples, int steps, long milliseconds, int best);
}
