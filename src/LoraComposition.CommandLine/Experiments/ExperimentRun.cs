using LoraComposition.Adapters;
using LoraComposition.FewShot.Experiments;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Upstream;

namespace LoraComposition.CommandLine.Experiments;

/// <summary>An experiment from its upstream modules to its results.</summary>
public static class ExperimentRun
{
    /// <summary>Opens the downstream task over the upstream modules. The caller owns the runner; the modules outlive it.</summary>
    /// <param name="modules">The modules; none where no method needs them.</param>
    /// <param name="keys">The key of each module's training by its name.</param>
    /// <returns>The runner.</returns>
    public delegate IFewShotRunner OpenRunner(IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> keys);

    /// <summary>Trains the modules that are missing, where a method needs them, and runs everything that has no result yet.</summary>
    /// <param name="name">The experiment's name.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="trainings">The upstream tasks.</param>
    /// <param name="open">Opens the downstream task.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The results of all runs, old and new.</returns>
    public static IReadOnlyList<RunResult> Run(string name, ExperimentSettings settings, IReadOnlyList<IModuleTraining> trainings, OpenRunner open, IProgressReporter progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(trainings);
        ArgumentNullException.ThrowIfNull(open);
        var store = new UpstreamModules(Path.Combine(settings.Out, "modules"));
        var modules = new List<LoraAdapter>();
        try
        {
            if (settings.Methods.Any(m => m.NeedsModules))
                foreach (var training in trainings) modules.Add(store.GetOrTrain(training, progress, cancellation));
            using var runner = open(modules, trainings.ToDictionary(t => t.Name, UpstreamModules.KeyOf));
            return new FewShotExperiment(name, runner, new RunStore(settings.RunFolder)).Run(settings.Methods, settings.Shots, settings.Seeds, progress, cancellation);
        }
        finally
        {
            modules.ForEach(m => m.Dispose());
        }
    }
}
