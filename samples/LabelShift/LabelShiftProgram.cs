using LoraComposition.Adapters;
using LoraComposition.FewShot.Experiments;
using LoraComposition.FewShot.Experiments.Images;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Upstream;
using Spectre.Console;
using TorchSharp;

namespace LabelShift;

/// <summary>The experiment from settings to tables: upstream modules, the runs, the report.</summary>
static class LabelShiftProgram
{
    const string Name = "label-shift";

    public static string RunFolder(string output) => Path.Combine(output, "runs");

    public static void Run(LabelShiftSettings settings, CancellationToken cancellation)
    {
        if (settings.Threads is { } threads) torch.set_num_threads(threads);
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(settings.Model, settings.Dtype, settings.Device);
        using var tasks = LabelShiftTasks.Create(settings, foundation.Preprocessing);
        var upstream = new UpstreamModules(Path.Combine(settings.Out, "modules"));
        var trainings = tasks.Upstream.Select(task => new ImageModuleTraining(foundation, task, settings.Upstream)).ToArray();
        var modules = new List<LoraAdapter>();
        try
        {
            foreach (var training in trainings) modules.Add(upstream.GetOrTrain(training, progress, cancellation));
            using var runner = new ImageFewShotRunner(foundation, tasks.Downstream, modules, trainings.ToDictionary(t => t.Name, UpstreamModules.KeyOf), settings.Tuning);
            var results = new FewShotExperiment(Name, runner, new RunStore(RunFolder(settings.Out))).Run(settings.Methods, settings.Shots, settings.Seeds, progress, cancellation);
            Report(settings, tasks, Summary.Of(results, [.. settings.Methods.Select(m => m.Name)]));
        }
        finally
        {
            modules.ForEach(m => m.Dispose());
        }
    }

    static void Report(LabelShiftSettings settings, LabelShiftTasks tasks, Summary summary)
    {
        string title = $"Label shift: {tasks.Upstream.Count} modules, {tasks.Downstream.ClassNames.Count} new classes";
        summary.WriteCsv(Path.Combine(settings.Out, "summary.csv"));
        AccuracyPlot.Save(summary, title, Path.Combine(settings.Out, "accuracy"));
        Console.WriteLine($"{title}; top-1 accuracy on {tasks.Downstream.Test!.Dataset.Count} test images, mean ± standard deviation over {settings.Seeds.Count} seeds");
        SummaryTable.Write(AnsiConsole.Console, summary);
        foreach (string sentence in SummaryReading.Of(summary, ["lora", "classifier"])) Console.WriteLine(sentence);
        Console.WriteLine($"Results: {Path.Combine(settings.Out, "summary.csv")}, accuracy.png and accuracy.svg beside it, one file for each run in {RunFolder(settings.Out)}.");
    }
}
