using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Text;

/// <summary>The experiment with questions, from settings to tables.</summary>
static class TextTaskShift
{
    public static void Run(TextTaskShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = TextBaseModel.Open(experiment.Model, experiment.Compute.Dtype, experiment.Compute.Device, cancellation: cancellation);
        var making = new TaskMaking(baseModel.Tokenizer, new TextLengths { Input = settings.MaxLength }, experiment.Validation);
        var tasks = settings.CrossFitFolder is { } folder ? CrossFitTasks.Open(folder, making) : EmbeddedTasks.Create(making);
        foreach (string remark in tasks.Remarks) progress.Report(remark);
        var run = new ExperimentRun("task-shift-text", experiment, [.. tasks.Upstream.Select(task => new TextModuleTraining(baseModel, task, experiment.Upstream))],
            (modules, keys) => new TextFewShotRunner(baseModel, tasks.Downstream, modules, keys));
        if (run.Run(progress, cancellation) is not { } results) return;
        ExperimentReport.WriteScore(experiment, results, "accuracy", "Plain accuracy: equal but for case and white space at the ends");
        ExperimentReport.WriteScore(experiment, results, "optionAccuracy", "Option accuracy: the option nearest to what was written is the answer");
        ExperimentReport.Write(experiment, results, $"Task shift: {string.Join(", ", tasks.Upstream.Select(t => t.Name))} → {tasks.Downstream.Name}",
            $"exact match on {tasks.Downstream.Test!.Dataset.Count} test questions", PlotLabels.Text, ["lora", "zero-shot"]);
        ExperimentPage.Write(experiment, "Task shift with questions", [results]);
    }
}
