using LoraComposition.CommandLine;
using LoraComposition.FewShot.Foundations;
using TorchSharp;

namespace Analysis;

/// <summary>A study from settings to tables.</summary>
static class AnalysisProgram
{
    public static void Run(AnalysisSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        if (experiment.Threads is { } threads) torch.set_num_threads(threads);
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(experiment.Model, experiment.Dtype, experiment.Device);
        using var tasks = settings.Data.Open(foundation.Preprocessing, experiment.Validation);
        settings.Study.Run(experiment, foundation, tasks, progress, cancellation);
    }
}
