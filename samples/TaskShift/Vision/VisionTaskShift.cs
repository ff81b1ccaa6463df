using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Vision;

/// <summary>The experiment with images: one round for each downstream data set, with modules of others.</summary>
static class VisionTaskShift
{
    public static void Run(VisionTaskShiftSettings settings, CancellationToken cancellation)
    {
        var experiment = settings.Experiment;
        experiment.Compute.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var baseModel = experiment.OpenImageBase(cancellation);
        var sets = settings.Data.Count == 0 ? EmbeddedImages.Create() : [.. settings.Data.Select(set => NamedImages.Open(set.Name, set.Path, experiment.Validation))];
        if (baseModel.Warning is { } guessed) progress.Report($"warning: {guessed}");
        experiment = experiment with { DataRemarks = [.. sets.SelectMany(set => set.Remarks)] };
        foreach (string remark in experiment.DataRemarks) progress.Report(remark);
        var rounds = new List<ExperimentResults?>();
        foreach (string learned in settings.Choice.Downstream)
        {
            NamedImages[] upstream = [.. settings.Choice.UpstreamOf(learned).Select(Set)];
            rounds.Add(TransferRound.Run("task-shift", "Task shift", experiment, baseModel, upstream, Set(learned), progress, cancellation));
        }
        if (!rounds.Contains(null)) ExperimentPage.Write(experiment, "Task shift", [.. rounds.OfType<ExperimentResults>()]);

        NamedImages Set(string name) => sets.Single(set => set.Name == name);
    }
}
