using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LabelShift;

/// <summary>The experiment from settings to tables.</summary>
static class LabelShiftProgram
{
    public static void Run(LabelShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = experiment.OpenImageBase(cancellation);
        using var tasks = LabelTasks.Open(settings.Data, baseModel.Preprocessing, experiment.Validation);
        foreach (string remark in tasks.Remarks) progress.Report(remark);
        if (baseModel.Warning is { } guessed) progress.Report($"warning: {guessed}");
        settings = settings with { Experiment = experiment with { DataRemarks = tasks.Remarks } };
        settings.Study.Run(settings, baseModel, tasks, progress, cancellation);
    }
}
