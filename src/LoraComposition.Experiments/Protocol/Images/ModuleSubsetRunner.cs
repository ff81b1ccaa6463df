using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on a task of image classification, those of <see cref="ModuleSubset"/> with their modules alone: head warm-up, composition and record.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ModuleSubsetRunner : IFewShotRunner
{
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly IReadOnlyList<KeyValuePair<string, string>> moduleKeys;
    readonly ImageFewShotRunner all;
    readonly ILogger? logger;

    // Each subset has a backbone of its own, so only the last one's is kept.
    (string Subset, ImageFewShotRunner Runner)? last;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">All upstream modules; none where nothing is run. Not owned.</param>
    /// <param name="moduleKeys">The name of each module and the key of its training, in the order of the modules.</param>
    /// <param name="logger">Is told what is done; nobody where not given.</param>
    public ModuleSubsetRunner(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyList<KeyValuePair<string, string>> moduleKeys, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(moduleKeys);
        (this.baseModel, this.task, this.modules, this.moduleKeys, this.logger) = (baseModel, task, modules, moduleKeys, logger);
        all = new ImageFewShotRunner(baseModel, task, modules, moduleKeys.ToDictionary(), logger: logger);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Inputs => all.Inputs;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Configure(ITuningMethod method, TuningOptions options) =>
        method is not ModuleSubset subset ? all.Configure(method, options)
            : new Dictionary<string, object?>(all.Configure(subset.Method, options)) { ["modules"] = subset.Select(moduleKeys).ToDictionary() };

    /// <inheritdoc/>
    public FewShotSplit Sample(int? shots, int seed) => all.Sample(shots, seed);

    /// <inheritdoc/>
    public string? DescribeShortage(FewShotSplit support) => all.DescribeShortage(support);

    /// <inheritdoc/>
    public FewShotOutcome Execute(ITuningMethod method, TuningOptions options, FewShotSplit support, ScoredPart part, CancellationToken cancellation = default) =>
        method is ModuleSubset subset ? RunnerOf(subset).Execute(subset.Method, options, support, part, cancellation) : all.Execute(method, options, support, part, cancellation);

    /// <summary>Lets go of the backbones and their features.</summary>
    public void Dispose()
    {
        last?.Runner.Dispose();
        all.Dispose();
    }

    ImageFewShotRunner RunnerOf(ModuleSubset subset)
    {
        // Methods of other names may share their modules.
        string chosen = string.Join(',', subset.Modules);
        if (last?.Subset == chosen) return last.Value.Runner;
        last?.Runner.Dispose();
        last = null;
        var runner = new ImageFewShotRunner(baseModel, task, subset.Select(modules), subset.Select(moduleKeys).ToDictionary(), logger: logger);
        last = (chosen, runner);
        return runner;
    }
}
