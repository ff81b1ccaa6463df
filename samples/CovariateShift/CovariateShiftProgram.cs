using LoraComposition.CommandLine;
using LoraComposition.CommandLine.Experiments;
using LoraComposition.CommandLine.Experiments.Images;
using LoraComposition.FewShot.Foundations;

namespace CovariateShift;

/// <summary>The experiment from settings to tables.</summary>
static class CovariateShiftProgram
{
    public static void Run(CovariateShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(experiment.Model, experiment.Compute.Dtype, experiment.Compute.Device, cancellation: cancellation);
        var domains = settings.Domains.Open();
        if (TransferRound.Run("covariate-shift", "Covariate shift", experiment, foundation, domains, domains.Single(d => d.Name == settings.Downstream), progress, cancellation))
            ExperimentPage.Write(experiment, "Covariate shift");
    }
}
