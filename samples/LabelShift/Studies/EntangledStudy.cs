using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LabelShift.Studies;

/// <summary>Downstream labels that modules were trained for: where do the learned weights go? (Tab. 4)</summary>
sealed class EntangledStudy : IStudy
{
    const int Modules = 4;

    public void Run(LabelShiftSettings settings, ImageBaseModel baseModel, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        var sets = LabelRange.Sets(tasks.ClassCount, Modules, "--study entangled");
        ImageModuleTraining[] trainings = [.. sets.Select(range => new ImageModuleTraining(baseModel, tasks.Upstream(range), experiment.Upstream))];
        var results = new List<(LabelRange Labels, ExperimentResults Results)>();
        bool whole = true;
        foreach (var labels in Downstream(sets, tasks.ClassCount))
        {
            var downstream = tasks.Downstream(labels);
            var run = new ExperimentRun($"entangled-{labels.Name}", experiment with { Out = Path.Combine(experiment.Out, labels.Name), ModuleFolder = Path.Combine(experiment.Out, "modules") }, trainings,
                (modules, keys) => new ImageFewShotRunner(baseModel, downstream, modules, keys));
            if (run.Run(progress, cancellation) is { } found) results.Add((labels, found));
            else whole = false;
        }
        if (!whole) return;
        foreach (int? shots in experiment.Shots) Report(experiment, sets, [.. results.SelectMany(r => r.Results.Runs.Where(result => result.Key.Shots == shots).Select(result => (r.Labels, result)))], shots);
        Console.WriteLine($"Results: entangled-*.csv in {experiment.Out}, summary.csv and one file for each run in its sub-folders.");
        ExperimentPage.Write(experiment, "Entangled tasks", [.. results.Select(r => r.Results)]);
    }

    // Of CIFAR-100: the labels 76–100, 26–50 and 15–40, counted from 1. The third lies across two modules' labels.
    static LabelRange[] Downstream(IReadOnlyList<LabelRange> sets, int classes) => [sets[3], sets[1], new LabelRange(14 * classes / 100, 40 * classes / 100)];

    static void Report(ExperimentSettings experiment, IReadOnlyList<LabelRange> sets, IReadOnlyList<(LabelRange Labels, RunResult Result)> results, int? shots)
    {
        LabelRange[] downstream = [.. results.Select(r => r.Labels).Distinct()];
        string k = ShotCount.Text(shots);
        var accuracy = Table("method", downstream, experiment.Methods.Select(m => m.Name),
            (labels, method) => [.. results.Where(r => r.Labels == labels && r.Result.Key.Method == method).Select(r => r.Result.Accuracy)]);
        Write(experiment, accuracy, $"entangled-accuracy-k{k}", $"Entangled tasks, K = {k}: top-1 accuracy by downstream labels");

        // Random modules have learned weights too, which say nothing about the tasks.
        var learned = results.Where(r => r.Result.Key.Method == new LearnedComposition().Name).Select(r => (r.Labels, r.Result.Weights)).Where(r => r.Weights is not null).ToArray();
        if (learned.Length == 0) return;
        var weights = Table("module", downstream, sets.Select(s => s.Name),
            (labels, module) => [.. learned.Where(r => r.Labels == labels).Select(r => r.Weights!.MeanOf(module))]);
        Write(experiment, weights, $"entangled-weights-k{k}", $"Entangled tasks, K = {k}: mean learned weight of each module in percent, by downstream labels");
    }

    static ScoreTable Table(string rowTitle, LabelRange[] downstream, IEnumerable<string> rows, Func<LabelRange, string, double[]> scores) => new(rowTitle, "downstream", [.. downstream.Select(labels => labels.Name)],
        [.. rows.Select(row => (row, (IReadOnlyList<ScoreStatistics?>)[.. downstream.Select(labels => scores(labels, row) is { Length: > 0 } found ? ScoreStatistics.Of(found) : null)]))]);

    static void Write(ExperimentSettings experiment, ScoreTable table, string name, string title)
    {
        table.WriteCsv(Path.Combine(experiment.Out, $"{name}.csv"));
        Console.WriteLine($"{title}, mean [95 % interval of the mean, Student's t] over {experiment.Seeds.Count} seeds");
        Console.Write(table.ToMarkdown());
    }
}
