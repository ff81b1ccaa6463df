using LoraComposition.CommandLine;
using LoraComposition.CommandLine.Experiments.Images;
using LoraComposition.FewShot.Foundations;
using TorchSharp;

namespace CovariateShift;

/// <summary>The experiment from settings to tables.</summary>
static class CovariateShiftProgram
{
    public static void Run(CovariateShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        if (experiment.Threads is { } threads) torch.set_num_threads(threads);
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(experiment.Model, experiment.Dtype, experiment.Device);
        var domains = settings.Domains.Open();
        TransferRound.Run("covariate-shift", "Covariate shift", experiment, foundation, domains, domains.Single(d => d.Name == settings.Downstream), progress, cancellation);
    }
}
