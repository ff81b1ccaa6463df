using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>One data set is learned from few images with the help of modules of others.</summary>
public static class TransferRound
{
    /// <summary>
    /// Runs the round and reports it in a sub-folder of the results that is called after the downstream data set. The modules are shared between rounds.
    /// </summary>
    /// <param name="experiment">The experiment's name, for example <c>task-shift</c>; the downstream data set is appended.</param>
    /// <param name="title">The experiment's title, for example <c>Task shift</c>.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="baseModel">The model to adapt.</param>
    /// <param name="upstream">The data sets to train modules for, each with a name of its own.</param>
    /// <param name="downstream">The one to learn.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The results of all runs; null where they are not all done.</returns>
    public static ExperimentResults? Run(string experiment, string title, ExperimentSettings settings, ImageBaseModel baseModel,
        IReadOnlyList<NamedImages> upstream, NamedImages downstream, IProgressReporter progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(upstream);
        ArgumentNullException.ThrowIfNull(downstream);
        var round = settings with
        {
            Out = Path.Combine(settings.Out, downstream.Name),
            ModuleFolder = settings.ModuleFolder ?? Path.Combine(settings.Out, "modules")
        };
        using var tasks = new ImageTasks(baseModel.Preprocessing, settings.Validation);
        ImageModuleTraining[] trainings = [.. upstream.Select(set => new ImageModuleTraining(baseModel, tasks.Create(set.Name, set.Splits.Train), settings.Upstream))];
        var task = tasks.Create(downstream.Name, downstream.Splits.Train, downstream.Splits.Test);
        var run = new ExperimentRun($"{experiment}-{downstream.Name}", round, trainings, (modules, keys) => new ImageFewShotRunner(baseModel, task, modules, keys, times: settings.Times));
        if (run.Run(progress, cancellation) is not { } results) return null;
        ExperimentReport.Write(round, results, $"{title}: {string.Join(", ", trainings.Select(t => t.Name))} → {downstream.Name}",
            $"top-1 accuracy on {task.Test!.Dataset.Count} test images of {task.ClassNames.Count} classes", PlotLabels.Images, ["lora", "classifier"]);
        return results;
    }
}
