using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Vision;

/// <summary>The experiment with images: one round for each downstream data set, with modules of all the others.</summary>
static class VisionTaskShift
{
    public static void Run(VisionTaskShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = ImageBaseModel.Open(experiment.Model, experiment.Compute.Dtype, experiment.Compute.Device, cancellation: cancellation);
        var sets = settings.Data.Count == 0 ? EmbeddedImages.Create() : [.. settings.Data.Select(set => set.Open())];
        if (baseModel.Warning is { } guessed) progress.Report($"warning: {guessed}");
        var rounds = new List<ExperimentResults?>();
        foreach (var downstream in sets.Where(set => settings.Downstream is null || set.Name == settings.Downstream))
            rounds.Add(TransferRound.Run("task-shift", "Task shift", experiment, baseModel, sets, downstream, progress, cancellation));
        if (!rounds.Contains(null)) ExperimentPage.Write(experiment, "Task shift", [.. rounds.OfType<ExperimentResults>()]);
    }
}
