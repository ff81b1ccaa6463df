using LoraComposition.CommandLine.Experiments;
using LoraComposition.FewShot.Experiments.Images;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Upstream;
using TorchSharp;

namespace LabelShift;

/// <summary>The experiment from settings to tables: upstream modules, the runs, the report.</summary>
static class LabelShiftProgram
{
    public static void Run(LabelShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        if (experiment.Threads is { } threads) torch.set_num_threads(threads);
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(experiment.Model, experiment.Dtype, experiment.Device);
        using var tasks = LabelShiftTasks.Create(settings, foundation.Preprocessing);
        var run = new ExperimentRun("label-shift", experiment, [.. tasks.Upstream.Select(task => new ImageModuleTraining(foundation, task, experiment.Upstream))],
            (modules, keys) => new ImageFewShotRunner(foundation, tasks.Downstream, modules, keys));
        if (run.Run(progress, cancellation) is not { } results) return;
        ExperimentReport.Write(experiment, results, $"Label shift: {tasks.Upstream.Count} modules, {tasks.Downstream.ClassNames.Count} new classes",
            $"top-1 accuracy on {tasks.Downstream.Test!.Dataset.Count} test images", PlotLabels.Images, ["lora", "classifier"]);
    }
}
