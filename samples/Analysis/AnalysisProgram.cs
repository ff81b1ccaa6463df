using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace Analysis;

/// <summary>A study from settings to tables.</summary>
static class AnalysisProgram
{
    public static void Run(AnalysisSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = experiment.OpenImageBase(cancellation);
        using var tasks = settings.Data.Open(baseModel.Preprocessing, experiment.Validation);
        if (baseModel.Warning is { } guessed) progress.Report($"warning: {guessed}");
        experiment = experiment with { DataRemarks = tasks.Remarks };
        foreach (string remark in experiment.DataRemarks) progress.Report(remark);
        settings.Study.Run(experiment, baseModel, tasks, progress, cancellation);
    }
}
