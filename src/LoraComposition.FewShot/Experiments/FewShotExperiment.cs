using LoraComposition.Adapters;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;

namespace LoraComposition.FewShot.Experiments;

/// <summary>
/// The paper's protocol on one downstream task: every method for every K and seed on nested support sets, tested on the whole test set, one result
/// file for each run. A run whose file is there is not repeated, so an interrupted experiment goes on where it stopped.
/// </summary>
public sealed class FewShotExperiment
{
    readonly string name;
    readonly Foundation foundation;
    readonly FewShotTask task;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly TuningOptions options;
    readonly RunStore store;

    /// <summary>Describes the experiment.</summary>
    /// <param name="name">The experiment's name, for example <c>label-shift</c>.</param>
    /// <param name="foundation">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">The upstream modules. Not owned.</param>
    /// <param name="moduleKeys">The key of each module's training by its name, which every result records.</param>
    /// <param name="options">The settings of the methods.</param>
    /// <param name="store">Where the results go.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the task has no test images.</exception>
    public FewShotExperiment(string name, Foundation foundation, FewShotTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> moduleKeys, TuningOptions options, RunStore store)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(foundation);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(moduleKeys);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        options.Validate();
        if (task.Test is null) throw new ArgumentException($"Task '{task.Name}' has no test images.", nameof(task));
        (this.name, this.foundation, this.task, this.modules, this.moduleKeys, this.options, this.store) = (name, foundation, task, modules, moduleKeys, options, store);
    }

    /// <summary>Runs everything that has no result yet.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="shots">The numbers of samples per class; null for all.</param>
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
        using var backbones = new FrozenBackbones(foundation, task.ClassNames, modules, options.EvaluationBatchSize);
        var run = new FewShotRun(foundation, task, modules, options, backbones);
        int[] poolLabels = task.Train.Dataset.Labels();
        var results = new List<RunResult>();
        bool warned = false;
        using var bar = progress.Begin($"{name}: {methods.Count * shots.Count * seeds.Count} runs", (long)methods.Count * shots.Count * seeds.Count);
        foreach (int? k in shots)
        {
            foreach (int seed in seeds)
            {
                var support = FewShotSampler.Sample(poolLabels, task.ClassNames.Count, k, seed, task.Pool);
                if (support.ShortClasses.Count > 0 && !warned)
                {
                    warned = true;
                    progress.Report($"warning: {support.ShortClasses.Count} classes hold fewer than {k} images, for example '{task.ClassNames[support.ShortClasses[0]]}'; all of theirs are used, and each result records the number.");
                }
                foreach (var method in methods)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var key = new RunKey(name, method.Name, k, seed);
                    var configuration = Configuration(method, k, seed);
                    string hash = ConfigurationHash.Of(configuration);
                    if (!store.TryLoad(key, hash, out var result))
                    {
                        var started = DateTimeOffset.UtcNow;
                        var outcome = run.Execute(method, support, cancellation);
                        result = Result(key, configuration, hash, support, outcome, started);
                        store.Save(result);
                    }
                    results.Add(result);
                    bar.Advance();
                }
            }
        }
        return results;
    }

    object Configuration(ITuningMethod method, int? shots, int seed) => new
    {
        experiment = name,
        method = method.Name,
        shots,
        seed,
        task = task.Name,
        classes = task.ClassNames,
        train = task.Train.Dataset.Fingerprint,
        test = task.Test!.Dataset.Fingerprint,
        pool = ConfigurationHash.Of(task.Pool),
        validation = ConfigurationHash.Of(task.Validation),
        foundation = foundation.Fingerprint,
        preprocessing = foundation.Preprocessing,
        dtype = foundation.Dtype.ToString(),
        device = foundation.Device.type.ToString(),
        modules = method.NeedsModules ? moduleKeys : null,
        options,
    };

    RunResult Result(RunKey key, object configuration, string hash, FewShotSplit support, FewShotOutcome outcome, DateTimeOffset started) => new()
    {
        Key = key,
        ConfigurationHash = hash,
        Configuration = ConfigurationHash.ToJson(configuration),
        Versions = SoftwareVersions.Current,
        Inputs = new Dictionary<string, string> { ["foundation"] = foundation.Fingerprint, ["train"] = task.Train.Dataset.Fingerprint, ["test"] = task.Test!.Dataset.Fingerprint },
        SampleIndices = support.Indices,
        EffectiveShots = support.EffectiveShots,
        Accuracy = outcome.Test.Accuracy,
        ValidationAccuracy = outcome.Training.Validation?.Accuracy,
        TestCount = task.Test.Dataset.Count,
        TrainableParameters = outcome.TrainableParameters,
        HeadParameters = outcome.HeadParameters,
        Timings = outcome.Timings,
        Details = ConfigurationHash.ToJson(new { testLoss = outcome.Test.Loss, outcome.Training.Steps, outcome.Training.BestStep, outcome.Training.StoppedEarly, trained = outcome.Description }),
        StartedUtc = started,
    };
}
