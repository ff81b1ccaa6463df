using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace CovariateShift;

/// <summary>The experiment from settings to tables.</summary>
static class CovariateShiftProgram
{
    public static void Run(CovariateShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = experiment.OpenImageBase(cancellation);
        var domains = settings.Domains.Open([settings.Downstream, .. settings.Upstream], experiment.Validation);
        if (baseModel.Warning is { } guessed) progress.Report($"warning: {guessed}");
        experiment = experiment with { DataRemarks = [.. domains.SelectMany(domain => domain.Remarks)] };
        foreach (string remark in experiment.DataRemarks) progress.Report(remark);
        if (TransferRound.Run("covariate-shift", "Covariate shift", experiment, baseModel, [.. domains.Skip(1)], domains[0], progress, cancellation) is { } results)
            ExperimentPage.Write(experiment, "Covariate shift", [results]);
    }
}
