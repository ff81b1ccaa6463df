using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LabelShift.Studies;

/// <summary>
/// Downstream labels that modules were trained for (Tab. 4), and the last module's labels once more without that module: what is a composition worth, and where do
/// the weights go?
/// </summary>
sealed class EntangledStudy : IStudy
{
    const int Modules = 4;

    public void Run(LabelShiftSettings settings, ImageBaseModel baseModel, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        var sets = LabelRange.Sets(tasks.ClassCount, Modules, "--study entangled");
        ImageModuleTraining[] trainings = [.. sets.Select(range => new ImageModuleTraining(baseModel, tasks.Upstream(range), experiment.Upstream))];
        var results = new List<(string Name, ExperimentResults Results)>();
        bool whole = true;
        foreach (var (name, labels, known) in Downstream(sets, tasks.ClassCount))
        {
            var downstream = tasks.Downstream(labels);
            var run = new ExperimentRun($"entangled-{name}", experiment with { Out = Path.Combine(experiment.Out, name), ModuleFolder = experiment.ModuleFolder ?? Path.Combine(experiment.Out, "modules") },
                trainings[..known], (modules, keys) => new ImageFewShotRunner(baseModel, downstream, modules, keys, times: experiment.Times));
            if (run.Run(progress, cancellation) is { } found) results.Add((name, found));
            else whole = false;
        }
        if (!whole) return;
        Report(experiment, sets, results);
        ExperimentPage.Write(experiment, "Entangled tasks", [.. results.Select(r => r.Results)]);
    }

    // Of CIFAR-100: the labels 76–100, 26–50 and 15–40, counted from 1. The third lies across two modules' labels. The last is new to all modules that are left.
    static (string Name, LabelRange Labels, int Modules)[] Downstream(IReadOnlyList<LabelRange> sets, int classes)
    {
        var across = new LabelRange(14 * classes / 100, 40 * classes / 100);
        return [(sets[3].Name, sets[3], Modules), (sets[1].Name, sets[1], Modules), (across.Name, across, Modules), ($"{sets[3].Name}-new", sets[3], Modules - 1)];
    }

    static void Report(ExperimentSettings experiment, IReadOnlyList<LabelRange> sets, IReadOnlyList<(string Name, ExperimentResults Results)> results)
    {
        foreach (int? shots in experiment.Shots)
        {
            (string Name, RunResult[] Runs)[] found = [.. results.Select(r => (r.Name, r.Results.Runs.Where(run => run.Key.Shots == shots).ToArray()))];
            string k = ShotCount.Text(shots);
            var accuracy = Table("method", found, experiment.Methods.Select(m => m.Name), (runs, method) => runs.Where(run => run.Key.Method == method).Select(run => run.Accuracy));
            Write(experiment, accuracy, $"entangled-accuracy-k{k}", $"Entangled tasks, K = {k}: top-1 accuracy by downstream labels");
            // Random modules have learned weights too, which say nothing about the tasks.
            foreach (string method in experiment.Methods.Where(m => m is CompositionMethod).Select(m => m.Name).Where(name => found.Any(set => set.Runs.Any(run => run.Key.Method == name && run.Weights is not null))))
            {
                var weights = Table("module", found, sets.Select(s => s.Name), (runs, module) => runs.Where(run => run.Key.Method == method).Select(run => run.Weights)
                    .Where(w => w is not null && w.AdapterNames.Contains(module)).Select(w => w!.ShareOf(module)));
                Write(experiment, weights, $"entangled-weights-{method}-k{k}", $"Entangled tasks, K = {k}: share of each module in the weights of {method}, by downstream labels");
            }
        }
        StudyReading.Write(results);
        var pooled = PooledRuns.Of("entangled", [.. results.Select(r => r.Results)], [.. experiment.Methods.Select(m => m.Name)]);
        pooled.Summary.WriteCsv(Path.Combine(experiment.Out, "summary.csv"));
        RunTable.WriteCsv(Path.Combine(experiment.Out, "runs.csv"), pooled.Runs);
        ExperimentReport.Write(experiment, pooled, "Entangled tasks, all downstream labels together", $"top-1 accuracy on the test images of {results.Count} sets of labels", PlotLabels.Images, ["lora", "uniform"]);
    }

    static ScoreTable Table(string rowTitle, (string Name, RunResult[] Runs)[] sets, IEnumerable<string> rows, Func<RunResult[], string, IEnumerable<double>> scores) =>
        new(rowTitle, "downstream", [.. sets.Select(set => set.Name)],
            [.. rows.Select(row => (row, (IReadOnlyList<ScoreStatistics?>)[.. sets.Select(set => scores(set.Runs, row).ToArray() is { Length: > 0 } found ? ScoreStatistics.Of(found) : null)]))]);

    static void Write(ExperimentSettings experiment, ScoreTable table, string name, string title)
    {
        table.WriteCsv(Path.Combine(experiment.Out, $"{name}.csv"));
        Console.WriteLine($"{title}, mean [95 % interval of the mean, Student's t] over {experiment.Seeds.Count} seeds");
        ConsoleTable.Of(table.Grid).Write();
    }
}
