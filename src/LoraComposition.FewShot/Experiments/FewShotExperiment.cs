using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Text.Scoring;

namespace LoraComposition.FewShot.Experiments;

/// <summary>
/// The paper's protocol on one downstream task: every method for every K and seed on nested support sets, tested on the whole test set, one result
/// file for each run. A run whose file is there is not repeated, so an interrupted experiment goes on where it stopped.
/// </summary>
public sealed class FewShotExperiment
{
    readonly string name;
    readonly IFewShotRunner runner;
    readonly RunStore store;

    /// <summary>Describes the experiment.</summary>
    /// <param name="name">The experiment's name, for example <c>label-shift</c>.</param>
    /// <param name="runner">The downstream task with its foundation, modules and settings. Not owned.</param>
    /// <param name="store">Where the results go.</param>
    public FewShotExperiment(string name, IFewShotRunner runner, RunStore store)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(store);
        (this.name, this.runner, this.store) = (name, runner, store);
    }

    /// <summary>Runs everything that has no result yet.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="shots">The numbers of samples, per class where the task has classes; null for all.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps; only whole result files are left.</param>
    /// <returns>The results of all runs, old and new.</returns>
    /// <exception cref="RunFileException">A result file is damaged, or belongs to another configuration.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<RunResult> Run(IReadOnlyList<ITuningMethod> methods, IReadOnlyList<int?> shots, IReadOnlyList<int> seeds, IProgressReporter progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(progress);
        var results = new List<RunResult>();
        bool warned = false;
        using var bar = progress.Begin($"{name}: {methods.Count * shots.Count * seeds.Count} runs", (long)methods.Count * shots.Count * seeds.Count);
        foreach (int? k in shots)
        {
            foreach (int seed in seeds)
            {
                var support = runner.Sample(k, seed);
                if (!warned && runner.DescribeShortage(support) is { } shortage)
                {
                    warned = true;
                    progress.Report($"warning: {shortage}");
                }
                foreach (var method in methods)
                {
                    cancellation.ThrowIfCancellationRequested();
                    results.Add(LoadOrRun(method, support, cancellation));
                    bar.Advance();
                }
            }
        }
        return results;
    }

    RunResult LoadOrRun(ITuningMethod method, FewShotSplit support, CancellationToken cancellation)
    {
        var key = new RunKey(name, method.Name, support.Shots, support.Seed);
        var configuration = new Dictionary<string, object?>(runner.Configure(method)) { ["experiment"] = name, ["method"] = method.Name, ["shots"] = support.Shots, ["seed"] = support.Seed };
        string hash = ConfigurationHash.Of(configuration);
        if (store.TryLoad(key, hash, out var result)) return result;
        var started = DateTimeOffset.UtcNow;
        var outcome = runner.Execute(method, support, cancellation);
        result = Result(key, configuration, hash, support, outcome, started);
        // The result comes last: a run that has one is complete.
        if (outcome.Predictions is { } predictions) PredictionFile.Write(store.PathBeside(key, "predictions.jsonl"), predictions);
        store.Save(result);
        return result;
    }

    RunResult Result(RunKey key, object configuration, string hash, FewShotSplit support, FewShotOutcome outcome, DateTimeOffset started) => new()
    {
        Key = key,
        ConfigurationHash = hash,
        Configuration = ConfigurationHash.ToJson(configuration),
        Versions = SoftwareVersions.Current,
        Inputs = runner.Inputs,
        SampleIndices = support.Indices,
        EffectiveShots = support.EffectiveShots,
        Accuracy = outcome.Accuracy,
        Scores = outcome.Scores,
        ValidationAccuracy = outcome.Training.Validation?.Accuracy,
        TestCount = outcome.TestCount,
        TrainableParameters = outcome.TrainableParameters,
        HeadParameters = outcome.HeadParameters,
        Timings = outcome.Timings,
        Details = ConfigurationHash.ToJson(new { outcome.Training.Steps, outcome.Training.BestStep, outcome.Training.StoppedEarly, trained = outcome.Description }),
        StartedUtc = started,
    };
}
