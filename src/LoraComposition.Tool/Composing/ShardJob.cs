using System.Text.Json.Serialization;
using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>Merges a composition into the weight files of a base model of any architecture, by the names of its tensors, or takes it out again.</summary>
static class ShardJob
{
    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">An input is refused.</exception>
    /// <exception cref="ArgumentException">The method cannot compose these adapters.</exception>
    /// <exception cref="NonFiniteException">A composed update is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static ShardReport Run(ComposeSettings settings, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        using var inputs = new MergeInputs(settings, logger);
        var doubts = inputs.Merge.ReadWarnings();
        var leftovers = OutputFolder.RemoveLeftovers(settings.Out);
        var options = new CheckpointMergeOptions { Subtract = settings.Unmerge, CompareWith = settings.CompareWith, Replace = settings.Replace };
        IReadOnlyList<MergedTensor> merged;
        using (var steps = new WorkSteps(progress, settings.Unmerge ? "unmerge tensors" : "merge tensors"))
            merged = CheckpointMerge.Write(settings.Base!, settings.Out, inputs.Merge.Layers, layer => inputs.Merge.Merge(layer.Path), options, logger, steps, cancellation);
        return new ShardReport
        {
            Out = settings.Out,
            Adapters = [.. inputs.Files.Select(file => file.Name)],
            Method = inputs.Method.Name,
            Settings = inputs.Method.Settings,
            Unmerged = settings.Unmerge,
            Tensors = merged,
            Doubts = doubts,
            Warnings = [.. inputs.Files.SelectMany(file => file.Warnings.Select(warning => $"Adapter '{file.Name}': {warning}"))
                .Concat(inputs.Files.Where(file => file.Saved.Count > 0 && !settings.DropSaved)
                    .Select(file => $"Adapter '{file.Name}' holds modules that were saved whole ({string.Join(", ", file.Saved.Values.Select(saved => saved.Module).Distinct())}), which are not merged: the checkpoint keeps the base's.")).Concat(leftovers).Concat(doubts)],
        };
    }
}

/// <summary>What merging into weight files did.</summary>
sealed record ShardReport
{
    public required string Out { get; init; }
    public required IReadOnlyList<string> Adapters { get; init; }
    public required string Method { get; init; }
    public required IReadOnlyDictionary<string, double> Settings { get; init; }

    /// <summary>Whether the composition was taken out.</summary>
    public required bool Unmerged { get; init; }

    /// <summary>The weights that were changed, with the error that rounding allows.</summary>
    public required IReadOnlyList<MergedTensor> Tensors { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Those of <see cref="Warnings"/> that say that what was asked for is hardly meant.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
