using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.CommandLine;

/// <summary>An experiment from its upstream modules to its results.</summary>
public sealed class ExperimentRun
{
    readonly string name;
    readonly ExperimentSettings settings;
    readonly IReadOnlyList<IModuleTraining> trainings;
    readonly OpenRunner open;

    /// <summary>Opens the downstream task over the upstream modules. The caller owns the runner; the modules outlive it.</summary>
    /// <param name="modules">The modules; none where no method needs them, or where nothing is run.</param>
    /// <param name="keys">The key of each module's training by its name.</param>
    /// <returns>The runner.</returns>
    public delegate IFewShotRunner OpenRunner(IReadOnlyList<LoraAdapter> modules, IReadOnlyDictionary<string, string> keys);

    /// <summary>Describes the experiment.</summary>
    /// <param name="name">The experiment's name.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="trainings">The upstream tasks.</param>
    /// <param name="open">Opens the downstream task.</param>
    public ExperimentRun(string name, ExperimentSettings settings, IReadOnlyList<IModuleTraining> trainings, OpenRunner open)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(trainings);
        ArgumentNullException.ThrowIfNull(open);
        (this.name, this.settings, this.trainings, this.open) = (name, settings, trainings, open);
    }

    /// <summary>
    /// Keeps the command as <c>command.txt</c> and what is to be known of the data as <c>data.txt</c>, trains the modules that are missing, where a method needs them, and runs what has no result yet; or only says
    /// what there is to do. The end of all is <c>summary.csv</c> and <c>runs.csv</c>.
    /// </summary>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The results of all runs; null where only the plan was asked for, or other shards have not finished theirs.</returns>
    public ExperimentResults? Run(IProgressReporter progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        if (!settings.PlanOnly) settings.Processes.Begin();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, settings.Processes.Abandoned);
        return RunPart(progress, stopping.Token);
    }

    ExperimentResults? RunPart(IProgressReporter progress, CancellationToken cancellation)
    {
        var store = new UpstreamModules(settings.ModuleFolder ?? Path.Combine(settings.Out, "modules"));
        LoraAdapter[] modules = [];
        try
        {
            if (!settings.PlanOnly)
            {
                foreach (string leftover in ((string[])[settings.Out, GridFolder, settings.RunFolder]).SelectMany(StagedFolder.RemoveLeftovers)) progress.Report($"warning: removed {leftover}, which a run left that was killed");
                CheckWhatIsThere();
            }
            if (!settings.PlanOnly && settings.Methods.Any(m => m.NeedsModules))
            {
                using var learning = settings.Times.Enter(RunPhase.Modules);
                modules = new LoraAdapter[trainings.Count];
                var turns = settings.Shard.Turns(trainings.Count);
                for (int turn = 0; turn < turns.Count; turn++)
                {
                    // Processes that work together train their own and wait for the others', so that none is trained twice.
                    if (turn == settings.Shard.OwnOf(trainings.Count)) settings.Processes.Await($"{name}: modules", [.. turns.Skip(turn).Select(other => trainings[other])], store.IsThere, progress, cancellation);
                    int i = turns[turn];
                    modules[i] = store.GetOrTrain(trainings[i], progress, cancellation);
                    if (settings.Methods.OfType<FisherComposition>().Any()) UpstreamModules.MeasureFisher(trainings[i], modules[i], progress, cancellation);
                }
            }
            if (!settings.PlanOnly && settings.Processes.Reports)
            {
                CommandFile.Write(settings.Out, settings.Command);
                DataRemarksFile.Write(settings.Out, settings.DataRemarks);
            }
            using var runner = open(modules, Keys());
            if (settings.Grid)
            {
                var search = Search(runner);
                var points = GridSearch.List(settings.Methods, settings.Tuning, settings.Shots, settings.Seeds);
                if (Do($"{name}, grid", search, points, progress, cancellation) is not { } found)
                {
                    if (settings.PlanOnly) Console.WriteLine($"{name}: then {settings.Methods.Count * settings.Shots.Count * settings.Seeds.Count} runs with what the search has chosen");
                    return null;
                }
                var choices = GridSearch.Choose(points, found);
                if (settings.Processes.Reports) GridTable.WriteCsv(Path.Combine(settings.Out, "grid.csv"), choices);
                return Test(runner, [.. settings.Methods.Select(m => (m, choices.FirstOrDefault(c => c.Chosen && c.Method == m)?.Options ?? settings.Tuning))],
                    progress, cancellation);
            }
            return Test(runner, [.. settings.Methods.Select(m => (m, settings.Tuning))], progress, cancellation);
        }
        finally
        {
            foreach (var module in modules) module?.Dispose();
        }
    }

    // Modules take minutes: that --out holds results of other settings is said before they are trained.
    void CheckWhatIsThere()
    {
        if (!Directory.Exists(settings.Grid ? GridFolder : settings.RunFolder)) return;
        using var runner = open([], Keys());
        var (experiment, work) = settings.Grid ? (Search(runner), GridSearch.List(settings.Methods, settings.Tuning, settings.Shots, settings.Seeds))
            : (Experiment(runner), FewShotWork.List([.. settings.Methods.Select(m => (m, settings.Tuning))], settings.Shots, settings.Seeds));
        foreach (var item in work) experiment.TryLoad(item, out _);
    }

    string GridFolder => Path.Combine(settings.Out, "grid");

    Dictionary<string, string> Keys() => trainings.ToDictionary(t => t.Name, UpstreamModules.KeyOf);

    FewShotExperiment Search(IFewShotRunner runner) => new($"{name}-grid", runner, new RunStore(GridFolder));

    FewShotExperiment Experiment(IFewShotRunner runner) => new(name, runner, new RunStore(settings.RunFolder));

    ExperimentResults? Test(IFewShotRunner runner, IReadOnlyList<(ITuningMethod, TuningOptions)> methods, IProgressReporter progress, CancellationToken cancellation)
    {
        var work = FewShotWork.List(methods, settings.Shots, settings.Seeds);
        if (Do(name, Experiment(runner), work, progress, cancellation) is not { } results || !settings.Processes.Reports) return null;
        var summary = Summary.Of(results, [.. settings.Methods.Select(m => m.Name)]);
        summary.WriteCsv(Path.Combine(settings.Out, "summary.csv"));
        RunTable.WriteCsv(Path.Combine(settings.Out, "runs.csv"), results);
        return new ExperimentResults(settings.RunFolder, results, summary);
    }

    IReadOnlyList<RunResult>? Do(string title, FewShotExperiment experiment, IReadOnlyList<FewShotWork> work, IProgressReporter progress,
        CancellationToken cancellation)
    {
        if (settings.PlanOnly)
        {
            ExperimentPlan.Write(title, experiment, work, settings.Shard);
            return null;
        }
        var mine = settings.Shard.Of(work);
        var done = mine.Zip(experiment.Run(mine, progress, cancellation)).ToDictionary(run => run.First, run => run.Second);
        // Other processes leave theirs as files.
        bool IsDone(FewShotWork item)
        {
            if (done.ContainsKey(item)) return true;
            if (!experiment.TryLoad(item, out var result)) return false;
            done.Add(item, result);
            return true;
        }

        settings.Processes.Await($"{title}: runs", work, IsDone, progress, cancellation);
        RunResult[] results = [.. work.Where(IsDone).Select(item => done[item])];
        if (results.Length == work.Count) return results;
        Console.WriteLine($"{title}: shard {settings.Shard.Number}/{settings.Shard.Count} is done; {results.Length} of all {work.Count} runs are. Once the other shards are done too, the same command goes on.");
        return null;
    }
}
