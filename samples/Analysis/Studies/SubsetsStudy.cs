using Analysis.Data;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Studies;

/// <summary>Every non-empty subset of the upstream modules: does the number of modules matter, or which they are? (Fig. 5)</summary>
sealed class SubsetsStudy : IStudy
{
    /// <summary>1,023 subsets.</summary>
    public const int MostModules = 10;

    public void Run(ExperimentSettings experiment, ImageBaseModel baseModel, TaskSet tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        ITuningMethod[] methods = [.. experiment.Methods.SelectMany(method => method.NeedsModules ? ModuleSubset.All(method, tasks.Upstream.Count) : (IEnumerable<ITuningMethod>)[method])];
        var run = new ExperimentRun("subsets", experiment with { Methods = methods }, tasks.Trainings(baseModel, experiment.Upstream),
            (modules, keys) => new ModuleSubsetRunner(baseModel, tasks.Downstream, modules, [.. tasks.Upstream.Select(task => KeyValuePair.Create(task.Name, keys[task.Name]))], experiment.Times));
        if (run.Run(progress, cancellation) is not { } results) return;
        foreach (int? shots in experiment.Shots)
        {
            var scores = results.Runs.Where(r => r.Key.Shots == shots).GroupBy(r => r.Key.Method).ToDictionary(g => g.Key, g => ScoreStatistics.Of([.. g.Select(r => r.Accuracy)]));
            var references = experiment.Methods.Where(m => !m.NeedsModules).Select(m => (m.Name, scores[m.Name])).ToArray();
            foreach (var method in experiment.Methods.Where(m => m.NeedsModules))
                Report(experiment, tasks, shots, method.Name, new SubsetTable([.. methods.OfType<ModuleSubset>().Where(s => s.Method == method).Select(s => new SubsetScore([.. s.Select(tasks.Upstream).Select(task => task.Name)], scores[s.Name]))]) { References = references });
        }
        Console.WriteLine($"Results: summary.csv, subsets-*.csv, .png and .svg in {experiment.Out}, one file for each run in {experiment.RunFolder}.");
        ExperimentPage.Write(experiment, "Subsets of the modules", [results]);
    }

    static void Report(ExperimentSettings experiment, TaskSet tasks, int? shots, string method, SubsetTable table)
    {
        string k = ShotCount.Text(shots), title = $"Subsets of {tasks.Upstream.Count} modules: {method}, K = {k}", path = Path.Combine(experiment.Out, $"subsets-{method}-k{k}");
        table.WriteCsv($"{path}.csv");
        SubsetPlot.Save(table, method, title, new PlotLabels("Upstream modules, n", PlotLabels.Images.Score), path);
        Console.WriteLine($"{title}; top-1 accuracy on {tasks.Downstream.Test!.Dataset.Count} test images, mean over {experiment.Seeds.Count} seeds, by the number of modules");
        ConsoleTable.Of(table.Grid).Write();
        foreach (string sentence in SubsetReading.Of(table)) Console.WriteLine(sentence);
    }
}
