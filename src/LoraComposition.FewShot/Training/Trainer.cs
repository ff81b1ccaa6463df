using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The training loop: AdamW, warm-up and cosine, clipping, early stopping on the validation part. The same seed gives the same numbers.</summary>
public static class Trainer
{
    /// <summary>Trains parameters.</summary>
    /// <param name="groups">What trains, and how fast.</param>
    /// <param name="samples">The positions of the training set.</param>
    /// <param name="loss">The mean loss of a batch of positions, with its graph. Runs inside a dispose scope.</param>
    /// <param name="validate">Scores the present state on the validation part; null where there is none. Runs without gradients.</param>
    /// <param name="options">Length, batches, schedule.</param>
    /// <param name="seed">The seed of the order of the samples.</param>
    /// <param name="logger">Is told each check and what came out.</param>
    /// <param name="progress">Is told each step.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>What came out. The parameters hold the best state.</returns>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainingOutcome Train(IReadOnlyList<TrainableGroup> groups, IReadOnlyList<int> samples, Func<int[], Tensor> loss,
        Func<ValidationScore>? validate, TrainingOptions options, int seed, ILogger? logger = null, IProgressTask? progress = null,
        CancellationToken cancellation = default) => Train(groups, samples, loss, validate, options, seed, logger, progress, state: null, resumed: null, cancellation);

    // As the public one, with a file to go on from, where there is one. What was learned from before is told, in steps and samples, before the first step.
    internal static TrainingOutcome Train(IReadOnlyList<TrainableGroup> groups, IReadOnlyList<int> samples, Func<int[], Tensor> loss,
        Func<ValidationScore>? validate, TrainingOptions options, int seed, ILogger? logger, IProgressTask? progress, TrainingStateFile? state,
        Action<int, int>? resumed, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        logger ??= NullLogger.Instance;
        long started = Stopwatch.GetTimestamp();

        using var training = new TrainingStep(groups, options.ClipNorm);
        using var best = new BestState(training.Parameters, options.Criterion);
        int steps = options.StepsFor(samples.Count);
        var order = new BatchOrder(samples, options.BatchSize, seed);
        IReadOnlyList<int[]> epoch = [];
        var history = new List<TrainingCheck>();
        int unimproved = 0, step = 0;
        if (state?.Restore(training, best) is { } position)
        {
            (step, unimproved) = (position.Step, position.Unimproved);
            history.AddRange(position.History);
            resumed?.Invoke(step, step / order.BatchesPerEpoch * samples.Count + step % order.BatchesPerEpoch * options.BatchSize);
            if (step % order.BatchesPerEpoch != 0) epoch = order.Epoch(step / order.BatchesPerEpoch);
            progress?.Advance(step);
        }
        else if (validate is not null)
        {
            var start = Score(validate);
            best.Offer(0, start);
            history.Add(new TrainingCheck(0, null, start));
        }
        bool stopped = false;
        while (step < steps && !stopped)
        {
            cancellation.ThrowIfCancellationRequested();
            int batch = step % order.BatchesPerEpoch;
            if (batch == 0) epoch = order.Epoch(step / order.BatchesPerEpoch);
            double rate = LearningRateSchedule.Factor(step, steps, options.WarmUpFraction);
            bool check = IsCheck(++step, steps, options.Checks);
            double? checkedLoss = null;
            using (NewDisposeScope())
            {
                var value = training.Run(rate, () => loss(epoch[batch]));
                // Reading the loss waits for the device, so only where the state is looked at anyway.
                if (check) checkedLoss = value.to(ScalarType.Float32).item<float>();
                if (checkedLoss is { } number && !double.IsFinite(number)) throw new TrainingDivergedException(step, number);
            }
            progress?.Advance();
            if (!check) continue;
            ValidationScore? found = validate is null ? null : Score(validate);
            history.Add(new TrainingCheck(step, checkedLoss, found));
            if (found is { } score)
            {
                logger.Checked(step, steps, score.Accuracy, score.Loss);
                unimproved = best.Offer(step, score) ? 0 : unimproved + 1;
                stopped = unimproved >= options.Patience && step < steps;
            }
            // A training that has ended is not gone on with.
            if (!stopped && step < steps) state?.Write(training, best, new TrainingPosition(step, unimproved, best.Score is { } kept ? new BestCheck(best.Step, kept) : null, history));
        }

        if (validate is not null)
        {
            best.Restore();
            training.GiveBack();
        }
        var outcome = new TrainingOutcome(step, validate is null ? step : best.Step, best.Score, stopped)
        {
            StepsPerEpoch = order.BatchesPerEpoch,
            History = history
        };
        if (stopped) logger.StoppedEarly(step, steps, unimproved);
        logger.Trained(training.Parameters.Sum(p => p.numel()), samples.Count, step, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, outcome.BestStep);
        return outcome;
    }

    // The checks are spread evenly; the last one is after the last step.
    static bool IsCheck(int step, int steps, int checks) => step == steps || (long)step * checks / steps > (long)(step - 1) * checks / steps;

    static ValidationScore Score(Func<ValidationScore> validate)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return validate();
    }
}

/// <summary>What training tells a logger.</summary>
static partial class TrainingLog
{
    [LoggerMessage(EventId = 1100, Level = LogLevel.Debug, Message = "Step {Step} of {Steps}: validation accuracy {Accuracy}, loss {Loss}")]
    public static partial void Checked(this ILogger logger, int step, int steps, double accuracy, double loss);

    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "Stopped early at step {Step} of {Steps}: {Checks} checks without an improvement")]
    public static partial void StoppedEarly(this ILogger logger, int step, int steps, int checks);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information,
        Message = "Trained {Parameters} numbers on {Samples} samples for {Steps} steps in {Milliseconds} ms; the state of step {Best} is kept")]
    public static partial void Trained(this ILogger logger, long parameters, int samples, int steps, long milliseconds, int best);
}

/// <summary>The loss is not a number any more: the learning rate is too high for this task.</summary>
public sealed class TrainingDivergedException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="step">The step at which it was seen.</param>
    /// <param name="loss">The loss.</param>
    internal TrainingDivergedException(int step, double loss) : base($"The loss is {loss} at step {step}; lower the learning rate.")
    {
    }
}
