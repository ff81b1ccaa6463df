using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LabelShift.Studies;

/// <summary>Modules of all sets of labels but one help to learn that one (Fig. 3).</summary>
sealed class LabelShiftStudy : IStudy
{
    public void Run(LabelShiftSettings settings, ImageBaseModel baseModel, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        var sets = LabelRange.Sets(tasks.ClassCount, settings.Splits);
        var downstream = tasks.Downstream(sets[settings.Downstream - 1]);
        ImageModuleTraining[] trainings = [.. sets.Where((_, set) => set != settings.Downstream - 1).Select(range => new ImageModuleTraining(baseModel, tasks.Upstream(range), experiment.Upstream))];
        var run = new ExperimentRun("label-shift", experiment, trainings, (modules, keys) => new ImageFewShotRunner(baseModel, downstream, modules, keys, times: experiment.Times));
        if (run.Run(progress, cancellation) is not { } results) return;
        ExperimentReport.Write(experiment, results, $"Label shift: {trainings.Length} modules, {downstream.ClassNames.Count} new classes",
            $"top-1 accuracy on {downstream.Test!.Dataset.Count} test images", PlotLabels.Images, ["lora", "classifier"]);
        ExperimentPage.Write(experiment, "Label shift", [results]);
    }
}
