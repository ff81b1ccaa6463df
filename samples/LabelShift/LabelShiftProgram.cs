using LoraComposition.CommandLine;
using LoraComposition.CommandLine.Experiments.Images;
using LoraComposition.FewShot.Foundations;

namespace LabelShift;

/// <summary>The experiment from settings to tables.</summary>
static class LabelShiftProgram
{
    public static void Run(LabelShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var foundation = ImageFoundation.Open(experiment.Model, experiment.Compute.Dtype, experiment.Compute.Device, cancellation: cancellation);
        using var tasks = LabelTasks.Open(settings.Data, foundation.Preprocessing, experiment.Validation);
        settings.Study.Run(settings, foundation, tasks, progress, cancellation);
    }
}
