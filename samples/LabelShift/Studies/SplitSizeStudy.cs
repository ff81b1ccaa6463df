using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LabelShift.Studies;

/// <summary>The labels outside the downstream set, in ever more and ever smaller upstream tasks (Fig. 6).</summary>
sealed class SplitSizeStudy : IStudy
{
    // The paper's numbers of modules; those that leave a task a single class are left out.
    static readonly int[] setCounts = [1, 3, 5, 15, 25];

    public void Run(LabelShiftSettings settings, ImageBaseModel baseModel, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        var sets = LabelRange.Sets(tasks.ClassCount, settings.Splits);
        // The downstream set goes last, so that the others are one range.
        var downstream = tasks.Downstream(sets[^1]);
        var others = new LabelRange(0, sets[^1].First);
        var results = new List<(int Modules, ExperimentResults Results)>();
        bool whole = true;
        foreach (int count in setCounts.Where(n => 2 * n <= others.Count))
        {
            var run = new ExperimentRun($"split-size-n{count:D2}", experiment with { Out = Path.Combine(experiment.Out, $"n{count:D2}"), ModuleFolder = Path.Combine(experiment.Out, "modules") },
                [.. LabelRange.Split(others, count).Select(range => new ImageModuleTraining(baseModel, tasks.Upstream(range), experiment.Upstream))],
                (modules, keys) => new ImageFewShotRunner(baseModel, downstream, modules, keys, times: experiment.Times));
            if (run.Run(progress, cancellation) is { } found) results.Add((count, found));
            else whole = false;
        }
        if (!whole) return;
        Report(experiment, [.. results.SelectMany(r => r.Results.Runs.Select(result => (r.Modules, result)))], downstream);
        StudyReading.Write(results.Select(r => ($"N = {r.Modules}", r.Results)));
        ExperimentPage.Write(experiment, "Split size", [.. results.Select(r => r.Results)]);
    }

    static void Report(ExperimentSettings experiment, IReadOnlyList<(int Modules, RunResult Result)> results, ImageTask downstream)
    {
        int[] counts = [.. results.Select(r => r.Modules).Distinct()];
        foreach (int? shots in experiment.Shots)
        {
            string k = ShotCount.Text(shots), title = $"Split size: {downstream.ClassNames.Count} new classes, K = {k}";
            var table = new ScoreTable("method", "modules", [.. counts.Select(n => $"{n}")], [.. experiment.Methods.Select(method => (method.Name, (IReadOnlyList<ScoreStatistics?>)
                [.. counts.Select(n => ScoreStatistics.Of([.. results.Where(r => r.Modules == n && r.Result.Key.Method == method.Name && r.Result.Key.Shots == shots).Select(r => r.Result.Accuracy)]))]))]);
            string path = Path.Combine(experiment.Out, $"split-size-k{k}");
            table.WriteCsv($"{path}.csv");
            ScorePlot.Save(table, title, new PlotLabels("Upstream modules, N", PlotLabels.Images.Score), path);
            Console.WriteLine($"{title}; top-1 accuracy on {downstream.Test!.Dataset.Count} test images by the number of modules, mean [95 % interval of the mean, Student's t] over {experiment.Seeds.Count} seeds");
            ConsoleTable.Of(table.Grid).Write();
        }
        Console.WriteLine($"Results: split-size-k*.csv, .png and .svg in {experiment.Out}, summary.csv and one file for each run in its sub-folders.");
    }
}
