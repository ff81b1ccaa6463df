using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.Experiments;

/// <summary>
/// The paper's protocol on one downstream task: every method for every K and seed on nested support sets, tested on the whole test set, one result
/// file for each run. A run whose file is there is not repeated, so an interrupted experiment goes on where it stopped.
/// </summary>
/// <remarks>Not thread-safe; shards of the work run in processes of their own.</remarks>
public sealed class FewShotExperiment
{
    readonly string name;
    readonly IFewShotRunner runner;
    readonly RunStore store;
    readonly ILogger logger;

    /// <summary>Describes the experiment.</summary>
    /// <param name="name">The experiment's name, for example <c>label-shift</c>.</param>
    /// <param name="runner">The downstream task with its base model, modules and settings. Not owned.</param>
    /// <param name="store">Where the results go.</param>
    /// <param name="logger">Is told what is done.</param>
    public FewShotExperiment(string name, IFewShotRunner runner, RunStore store, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(store);
        (this.name, this.runner, this.store, this.logger) = (name, runner, store, logger ?? NullLogger.Instance);
    }

    /// <summary>Runs everything that has no result yet.</summary>
    /// <param name="work">The runs.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps; only whole result files are left.</param>
    /// <returns>The results of these runs, old and new, in their order.</returns>
    /// <exception cref="RunFileException">A result file is damaged, or belongs to another configuration.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<RunResult> Run(IReadOnlyList<FewShotWork> work, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        progress ??= NullProgressReporter.Instance;
        var results = new List<RunResult>();
        bool warned = false;
        using var bar = progress.Begin($"{name}: {work.Count} runs", work.Count);
        foreach (var item in work)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryLoad(item, out var result)) logger.RunIsThere(result.Key);
            else if (Derive(item) is { } derived) result = derived;
            else
            {
                var support = runner.Sample(item.Shots, item.Seed);
                if (!warned && runner.DescribeShortage(support) is { } shortage)
                {
                    warned = true;
                    progress.Report($"warning: {shortage}");
                    logger.SamplesAreShort(shortage);
                }
                result = Execute(item, support, cancellation);
            }
            results.Add(result);
            bar.Advance();
        }
        return results;
    }

    /// <summary>Reads the result of a run that is done.</summary>
    /// <param name="item">The run.</param>
    /// <param name="result">Its result, where there is one.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="RunFileException">The file is damaged, or belongs to another configuration.</exception>
    public bool TryLoad(FewShotWork item, [NotNullWhen(true)] out RunResult? result)
    {
        ArgumentNullException.ThrowIfNull(item);
        return store.TryLoad(KeyOf(item), ConfigurationHash.ToJson(ConfigurationOf(item)), out result);
    }

    RunKey KeyOf(FewShotWork item) => new(name, item.Name, item.Shots, item.Seed);

    Dictionary<string, object?> ConfigurationOf(FewShotWork item) => new(runner.Configure(item.Method, item.Options))
    {
        ["experiment"] = name,
        ["method"] = item.Method.Name,
        ["options"] = item.Options,
        ["shots"] = item.Shots,
        ["seed"] = item.Seed,
        ["scored"] = item.Part,
    };

    RunResult? Derive(FewShotWork item)
    {
        if (DerivedChoice.Of(item, other => TryLoad(other, out var run) ? run : null) is not { } choice) return null;
        var result = choice.Chosen with
        {
            Key = KeyOf(item),
            ConfigurationHash = ConfigurationHash.Of(ConfigurationOf(item)),
            Configuration = ConfigurationHash.ToJson(ConfigurationOf(item)),
            Timings = new Dictionary<string, double> { ["training"] = Math.Round(choice.Seconds, 3), ["test"] = choice.Chosen.Timings.GetValueOrDefault("test") },
            PeakMemoryMiB = choice.PeakMemoryMiB,
            Details = ConfigurationHash.ToJson(choice.Details),
        };
        store.Save(result);
        logger.ChoiceDerived(result.Key, choice.Chosen.Key.Method);
        return result;
    }

    RunResult Execute(FewShotWork item, FewShotSplit support, CancellationToken cancellation)
    {
        var (started, clock) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        var outcome = runner.Execute(item.Method, item.Options, support, item.Part, cancellation);
        var result = Result(item, support, outcome, started);
        // The result comes last: a run that has one is complete.
        if (outcome.Predictions is { } predictions) PredictionFile.Write(store.PathBeside(result.Key, "predictions.jsonl"), predictions);
        store.Save(result);
        logger.RunDone(result.Key, result.Accuracy, result.TestCount, clock.ElapsedMilliseconds);
        return result;
    }

    RunResult Result(FewShotWork item, FewShotSplit support, FewShotOutcome outcome, DateTimeOffset started) => new()
    {
        Key = KeyOf(item),
        ConfigurationHash = ConfigurationHash.Of(ConfigurationOf(item)),
        Configuration = ConfigurationHash.ToJson(ConfigurationOf(item)),
        Versions = SoftwareVersions.Current,
        Inputs = runner.Inputs,
        SampleIndices = support.Indices,
        EffectiveShots = support.EffectiveShots,
        Accuracy = outcome.Accuracy,
        Scores = outcome.Scores,
        ValidationAccuracy = outcome.Training.Validation?.Accuracy,
        ValidationLoss = outcome.Training.Validation?.Loss,
        TestCount = outcome.TestCount,
        Correct = outcome.Correct is { } correct ? CorrectSamples.Encode(correct) : null,
        TrainableParameters = outcome.TrainableParameters,
        HeadParameters = outcome.HeadParameters,
        BestEpoch = outcome.Training.BestEpoch,
        Timings = outcome.Timings,
        PeakMemoryMiB = outcome.PeakMemoryMiB,
        Details = ConfigurationHash.ToJson(new
        {
            outcome.Training.Steps,
            outcome.Training.BestStep,
            outcome.Training.StoppedEarly,
            trained = Trained(outcome),
            outcome.Remarks
        }),
        Weights = outcome.Findings?.Weights,
        StartedUtc = started,
    };

    // The form in which results say what a method found.
    static object? Trained(FewShotOutcome outcome) => outcome.Candidates.Count == 0
        ? Found(outcome.Findings)
        : new
        {
            method = outcome.Chosen,
            chosen = Found(outcome.Findings),
            candidates = outcome.Candidates.Select(candidate =>
            new { candidate.Method, trained = Found(candidate.Trained), candidate.Validation })
        };

    static object? Found(TuningFindings? findings) => findings switch
    {
        null => null,
        { Weights: { } weights } => LearnedWeights.ToRecord(weights, findings.Start),
        { Module: { } module } => new { module },
        _ => findings.Notes,
    };
}

/// <summary>What an experiment tells a logger.</summary>
static partial class ExperimentLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Debug, Message = "Skipped run {Run}: its result is there")]
    public static partial void RunIsThere(this ILogger logger, RunKey run);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Run {Run}: accuracy {Accuracy} on {Count} samples, in {Milliseconds} ms")]
    public static partial void RunDone(this ILogger logger, RunKey run, double accuracy, int count, long milliseconds);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message = "Run {Run}: took '{Method}', read off the runs of the methods that it would try")]
    public static partial void ChoiceDerived(this ILogger logger, RunKey run, string method);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void SamplesAreShort(this ILogger logger, string problem);
}
