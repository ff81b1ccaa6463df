using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Text;

/// <summary>The experiment with texts, from settings to tables.</summary>
static class TextTaskShift
{
    public static void Run(TextTaskShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        TextBaseModel baseModel;
        using (experiment.Times.Enter(RunPhase.Load)) baseModel = TextBaseModel.Open(experiment.Model, experiment.Compute.Dtype, experiment.Compute.Device, cancellation: cancellation);
        var making = new TaskMaking(baseModel.Tokenizer, new TextLengths { Input = settings.MaxLength }, experiment.Validation);
        var rounds = settings.Own is { } own ? OwnTasks.Open(own, making, experiment.Validation)
            : [settings.CrossFitFolder is { } folder ? CrossFitTasks.Open(folder, making) : EmbeddedTasks.Create(making)];
        experiment = experiment with { DataRemarks = [.. rounds.SelectMany(tasks => tasks.Remarks)] };
        foreach (string remark in experiment.DataRemarks) progress.Report(remark);
        var results = new List<ExperimentResults?>();
        foreach (var tasks in rounds)
        {
            string learned = tasks.Downstream.Name;
            // Several rounds share the modules; data that comes with the program has one round.
            results.Add(settings.Own is null ? Run("task-shift-text", experiment, baseModel, tasks, progress, cancellation)
                : Run($"task-shift-text-{learned}", experiment with { Out = Path.Combine(experiment.Out, learned), ModuleFolder = Path.Combine(experiment.Out, "modules") }, baseModel, tasks, progress, cancellation));
        }
        if (!results.Contains(null)) ExperimentPage.Write(experiment, settings.Own is null ? "Task shift with questions" : "Task shift with texts", [.. results.OfType<ExperimentResults>()]);
    }

    static ExperimentResults? Run(string name, ExperimentSettings round, TextBaseModel baseModel, TextTasks tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var run = new ExperimentRun(name, round, [.. tasks.Upstream.Select(task => new TextModuleTraining(baseModel, task, round.Upstream))],
            (modules, keys) => new TextFewShotRunner(baseModel, tasks.Downstream, modules, keys, round.Times));
        if (run.Run(progress, cancellation) is not { } results) return null;
        ExperimentReport.WriteScore(round, results, "accuracy", "Plain accuracy: equal but for case and white space at the ends");
        ExperimentReport.WriteScore(round, results, "optionAccuracy", "Option accuracy: the option nearest to what was written is the answer");
        ExperimentReport.Write(round, results, $"Task shift: {string.Join(", ", tasks.Upstream.Select(t => t.Name))} → {tasks.Downstream.Name}",
            $"exact match on {tasks.Downstream.Test!.Dataset.Count} test questions", PlotLabels.Text, ["lora", "zero-shot"]);
        return results;
    }
}
