using System.Globalization;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>What a training left undone, in words: its result looks like any other.</summary>
public static class TrainingRemarks
{
    const double Unmoved = 1e-6;

    /// <summary>Looks at what came out of a training.</summary>
    /// <param name="outcome">How it went.</param>
    /// <param name="findings">What the method found; null where it tells nothing.</param>
    /// <param name="trainable">The number of trained numbers besides the head's; 0 where the head alone trained.</param>
    /// <returns>A sentence for each thing that is worth one; empty where the training changed what it should.</returns>
    public static IReadOnlyList<string> Of(TrainingOutcome outcome, TuningFindings? findings, long trainable)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        if (outcome is { Steps: > 0, BestStep: 0 })
        {
            string what = trainable > 0 ? string.Create(CultureInfo.InvariantCulture, $"its {trainable:N0} numbers are") : "the head is";
            string steps = outcome.Steps == 1 ? "its only step was not" : $"no state in its {outcome.Steps} steps was";
            return [$"The training kept its start: {steps} better on the validation part, so {what} as before."];
        }
        return findings?.Weights is { } weights && HaveNotMoved(weights)
            ? ["The learned weights did not move from their start: all modules count the same at every layer."] : [];
    }

    /// <summary>Says where nothing could choose the head's penalty.</summary>
    internal static IReadOnlyList<string> Of(FittedHead? head) => head is not { Choice: HeadChoice.Fixed } ? []
        : [string.Create(CultureInfo.InvariantCulture, $"The head's penalty is the fixed {head.Penalty}: a class has only one sample, so nothing could be held out to choose it by.")];

    /// <summary>Logs the remarks on a trained model and passes the model on.</summary>
    internal static TrainedModel<TModel> Log<TModel>(ILogger logger, TrainedModel<TModel> trained) where TModel : class, IBaseModel
    {
        foreach (string remark in trained.Remarks) logger.TrainingRemarked(trained.Method.Name, remark);
        return trained;
    }

    // The weight of a single module is 1 however it trains.
    static bool HaveNotMoved(CompositionWeights weights) => weights.AdapterNames.Count > 1
        && weights.Layers.Values.All(layer => layer.All(weight => Math.Abs(weight - 1.0 / layer.Count) <= Unmoved));
}

/// <summary>What looking at a training tells a logger.</summary>
static partial class TrainingRemarksLog
{
    [LoggerMessage(EventId = 1210, Level = LogLevel.Warning, Message = "Method '{Method}': {Remark}")]
    public static partial void TrainingRemarked(this ILogger logger, string method, string remark);
}
