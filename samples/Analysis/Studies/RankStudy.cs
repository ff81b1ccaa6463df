using Analysis.Data;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Studies;

/// <summary>Modules and LoRAs of several ranks (Tab. 5).</summary>
sealed class RankStudy(IReadOnlyList<int> ranks) : IStudy
{
    public void Run(ExperimentSettings experiment, ImageBaseModel baseModel, TaskSet tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var results = new List<(int Rank, ExperimentResults Results)>();
        bool whole = true;
        foreach (int rank in ranks)
        {
            var settings = experiment with
            {
                Out = Path.Combine(experiment.Out, $"r{rank:D2}"),
                ModuleFolder = Path.Combine(experiment.Out, "modules"),
                Tuning = experiment.Tuning with { Lora = experiment.Tuning.Lora with { Rank = rank } },
                Upstream = experiment.Upstream with { Lora = experiment.Upstream.Lora with { Rank = rank } },
            };
            var run = new ExperimentRun($"rank-r{rank:D2}", settings, tasks.Trainings(baseModel, settings.Upstream), (modules, keys) => new ImageFewShotRunner(baseModel, tasks.Downstream, modules, keys, times: settings.Times));
            if (run.Run(progress, cancellation) is { } found) results.Add((rank, found));
            else whole = false;
        }
        if (!whole) return;
        foreach (int? shots in experiment.Shots) Report(experiment, tasks, shots, [.. results.SelectMany(r => r.Results.Runs.Select(result => (r.Rank, result)))]);
        Console.WriteLine($"Results: rank-k*.csv, .png and .svg in {experiment.Out}, summary.csv and one file for each run in its sub-folders.");
        ExperimentPage.Write(experiment, "Rank", [.. results.Select(r => r.Results)]);
    }

    void Report(ExperimentSettings experiment, TaskSet tasks, int? shots, List<(int Rank, RunResult Result)> results)
    {
        string k = ShotCount.Text(shots), title = $"Rank of {tasks.Upstream.Count} modules, K = {k}", path = Path.Combine(experiment.Out, $"rank-k{k}");
        var table = new ScoreTable("method", "rank", [.. ranks.Select(rank => $"{rank}")], [.. experiment.Methods.Select(method => (method.Name, (IReadOnlyList<ScoreStatistics?>)
            [.. ranks.Select(rank => ScoreStatistics.Of([.. results.Where(r => r.Rank == rank && r.Result.Key.Method == method.Name && r.Result.Key.Shots == shots).Select(r => r.Result.Accuracy)]))]))]);
        table.WriteCsv($"{path}.csv");
        ScorePlot.Save(table, title, new PlotLabels("Rank r", PlotLabels.Images.Score), path);
        Console.WriteLine($"{title}; top-1 accuracy on {tasks.Downstream.Test!.Dataset.Count} test images by rank, mean [95 % interval of the mean, Student's t] over {experiment.Seeds.Count} seeds");
        ConsoleTable.Of(table.Grid).Write();
        foreach (string sentence in ScoreTableReading.Of(table)) Console.WriteLine(sentence);
    }
}
