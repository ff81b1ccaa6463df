using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Experiments;

/// <summary>
/// A method that is given only some of the upstream modules (Fig. 5 of arXiv:2402.15414). <see cref="ModuleSubsetRunner"/> runs it with the start of those.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class ModuleSubset : ITuningMethod
{
    /// <summary>Restricts a method.</summary>
    /// <param name="method">The method; it uses modules.</param>
    /// <param name="modules">The positions of its modules among all, ascending, at least one.</param>
    /// <exception cref="ArgumentException">The method uses no modules, or the positions are none, negative or not ascending.</exception>
    public ModuleSubset(ITuningMethod method, IReadOnlyList<int> modules)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(modules);
        if (!method.NeedsModules) throw new ArgumentException($"Method '{method.Name}' uses no modules.", nameof(method));
        if (modules.Count == 0) throw new ArgumentException("A subset needs at least one module.", nameof(modules));
        if (modules[0] < 0 || modules.Zip(modules.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new ArgumentException($"Expected ascending positions from 0, found {string.Join(", ", modules)}.", nameof(modules));
        (Method, Modules) = (method, [.. modules]);
    }

    /// <summary>The method that is restricted.</summary>
    public ITuningMethod Method { get; }

    /// <summary>The positions of its modules, from 0, ascending.</summary>
    public IReadOnlyList<int> Modules { get; }

    /// <summary>The method's name and the modules, counted from 1: <c>learned-1-3</c>.</summary>
    public string Name => $"{Method.Name}-{string.Join('-', Modules.Select(module => module + 1))}";

    /// <inheritdoc/>
    public StartingPoint Start => Method.Start;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => Method.KeepsBase;

    /// <summary>Every non-empty subset, once: those of one module first, and among those of one size in the order of the modules.</summary>
    /// <param name="method">The method; it uses modules.</param>
    /// <param name="modules">The number of modules N, 1 to 20.</param>
    /// <returns>The 2ᴺ − 1 restricted methods.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public static IReadOnlyList<ModuleSubset> All(ITuningMethod method, int modules)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(modules, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(modules, 20);
        return [.. Enumerable.Range(1, modules).SelectMany(size => Choose(0, modules, size)).Select(chosen => new ModuleSubset(method, chosen))];
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => Method.ScaleRate(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        Method.Begin(model, Select(modules), options, seed);

    /// <summary>Takes this subset's items out of a list with one for each module.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="all">The list.</param>
    /// <returns>The items, in their order.</returns>
    /// <exception cref="ArgumentException">The list is too short.</exception>
    public IReadOnlyList<T> Select<T>(IReadOnlyList<T> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        return Modules[^1] < all.Count ? [.. Modules.Select(module => all[module])]
            : throw new ArgumentException($"Method '{Name}' needs module {Modules[^1] + 1}; there are only {all.Count}.", nameof(all));
    }

    static IEnumerable<int[]> Choose(int first, int end, int size) =>
        size == 0 ? [[]] : Enumerable.Range(first, Math.Max(0, end - first - size + 1))
            .SelectMany(module => Choose(module + 1, end, size - 1).Select(rest => (int[])[module, .. rest]));
}

/// <summary>
/// Runs methods on a task of image classification, those of <see cref="ModuleSubset"/> with their modules alone: head warm-up, composition and record.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ModuleSubsetRunner : IFewShotRunner
{
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly IReadOnlyList<KeyValuePair<string, string>> moduleKeys;
    readonly ImageFewShotRunner all;
    readonly PhaseTimes? times;
    readonly ILogger? logger;

    // Each subset has frozen models of its own, so only the last one's is kept.
    (string Subset, ImageFewShotRunner Runner)? last;

    /// <summary>Describes the task and the settings.</summary>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="task">The downstream task. Not owned.</param>
    /// <param name="modules">All upstream modules; none where nothing is run. Not owned.</param>
    /// <param name="moduleKeys">The name of each module and the key of its training, in the order of the modules.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    public ModuleSubsetRunner(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, IReadOnlyList<KeyValuePair<string,
        string>> moduleKeys, PhaseTimes? times = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(moduleKeys);
        (this.baseModel, this.task, this.modules, this.moduleKeys, this.times, this.logger) = (baseModel, task, modules, moduleKeys, times, logger);
        all = new ImageFewShotRunner(baseModel, task, modules, moduleKeys.ToDictionary(), times: times, logger: logger);
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
        method is ModuleSubset subset ? RunnerOf(subset).Execute(subset.Method, options, support, part, cancellation)
            : all.Execute(method, options, support, part, cancellation);

    /// <summary>Lets go of the frozen models and their features.</summary>
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
        var runner = new ImageFewShotRunner(baseModel, task, subset.Select(modules), subset.Select(moduleKeys).ToDictionary(), times: times, logger: logger);
        last = (chosen, runner);
        return runner;
    }
}
