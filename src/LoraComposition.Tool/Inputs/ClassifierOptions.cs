using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>The options that name a ViT or a T5: a folder that <c>adapt</c> wrote, a checkpoint, or a base with adapters. Made anew for each command.</summary>
sealed class ClassifierOptions
{
    readonly Option<string?> model = new("--model")
    {
        Description = "The ViT or T5: a folder that adapt wrote, or a checkpoint with config.json and model.safetensors, as compose --as checkpoint writes it.",
        HelpName = "DIR",
    };

    readonly Option<string?> baseFolder = new("--base")
    {
        Description = $"{CommonOptions.BaseDescription} Beside --adapter alone: the checkpoint that the adapters are for. Beside --model: where the base of a model that adapt wrote is now.",
        HelpName = "DIR",
    };

    readonly Option<string[]> adapters = new("--adapter")
    {
        Description = $"{CommonOptions.AdapterDescription} {CommonOptions.Many} They are composed on the checkpoint first, uniformly; a single one brings its saved head.",
        HelpName = "DIR",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [model, baseFolder, adapters];

    /// <summary>Reads and checks what the command line gives.</summary>
    /// <exception cref="UsageException">The options name no model, or do not go together.</exception>
    public ClassifierChoice Read(ParseResult parsed)
    {
        string? given = parsed.GetValue(model), source = parsed.GetValue(baseFolder);
        string[] modules = parsed.GetValue(adapters)!;
        if (given is null && source is null) throw new UsageException("--model is missing; give a folder, or --base and --adapter.");
        string folder = given ?? source!;
        if (string.IsNullOrWhiteSpace(folder)) throw new UsageException($"{(given is null ? "--base" : "--model")} is empty; give a folder.");
        bool isAdapted = AdaptedModel.IsIn(folder);
        if (given is null && modules.Length == 0) throw new UsageException($"--base {folder}: give --adapter with it, or --model for a model that stands alone.");
        if (isAdapted && modules.Length > 0) throw new UsageException($"--adapter is for a checkpoint; {folder} is what adapt wrote, and holds its adapter.");
        if (given is not null && !isAdapted && source is not null)
            throw new UsageException($"--base is for a folder that adapt wrote, and {folder} is none; a checkpoint holds all of its weights.");
        return new ClassifierChoice(folder, given is null ? null : source, modules);
    }
}

/// <summary>A ViT or a T5 that the command line names.</summary>
/// <param name="Folder">A folder that <c>adapt</c> wrote, or a checkpoint.</param>
/// <param name="Base">Where an adapted model's base is now; null for where it was.</param>
/// <param name="Adapters">Adapters to compose on a checkpoint.</param>
sealed record ClassifierChoice(string Folder, string? Base, IReadOnlyList<string> Adapters)
{
    /// <summary>The same with the folders of what is named on the hub.</summary>
    /// <exception cref="HubException">Something is neither here nor in the cache, and cannot be fetched.</exception>
    public ClassifierChoice Fetched(ParseResult parsed, IProgressReporter progress, CancellationToken cancellation) => new(
        HubInputs.Folder(parsed, Folder, progress, cancellation), HubInputs.Folder(parsed, Base, progress, cancellation), HubInputs.Folders(parsed, Adapters, progress, cancellation));

    /// <summary>Opens it. The caller owns it.</summary>
    /// <exception cref="ModelFileException">An input is refused.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImageClassifier Open(Device? device, bool needsHead, ILogger? logger, CancellationToken cancellation)
    {
        using var set = AdapterSet.Load(Adapters, logger);
        return ImageClassifier.Open(Folder, set.Adapters, Base, device, needsHead, logger, cancellation);
    }

    /// <summary>Whether the model or its adapters say which labels they tell, or that they tell none.</summary>
    public bool HasLabels => AdaptedModel.IsIn(Folder) || SharedLabels() is not null;

    /// <summary>Opens a T5. The caller owns it.</summary>
    /// <param name="labels">The labels that it is to tell; null for those that it or its adapters have.</param>
    /// <param name="otherwise">The labels where neither has any; null for none.</param>
    /// <param name="device">The device.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ModelFileException">An input is refused.</exception>
    /// <exception cref="DataException">The tokenizer cannot tell two labels apart.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="UsageException">Labels are given for a model that adapt wrote.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TextClassifier OpenText(IReadOnlyList<string>? labels, IReadOnlyList<string>? otherwise, Device? device, ILogger? logger, CancellationToken cancellation)
    {
        if (labels is not null && AdaptedModel.IsIn(Folder)) throw new UsageException($"--labels is for a checkpoint; {Folder} is what adapt wrote, and has its labels.");
        using var set = AdapterSet.Load(Adapters, logger);
        if (AdaptedModel.IsIn(Folder)) return TextClassifier.Open(Folder, baseFolder: Base, device: device, logger: logger, cancellation: cancellation);
        return TextClassifier.Open(Folder, set.Adapters, labels ?? SharedLabels() ?? otherwise, device: device, logger: logger, cancellation: cancellation);
    }

    // Modules of one task have the same labels; those of several leave the question open.
    IReadOnlyList<string>? SharedLabels()
    {
        var found = Adapters.Select(TrainedModule.LabelsIn).ToArray();
        return found is [{ } first, ..] && found.All(labels => labels is not null && labels.SequenceEqual(first)) ? first : null;
    }

    /// <summary>What to call it in a report.</summary>
    public override string ToString() => Adapters.Count == 0 ? Folder : $"{Folder} with {string.Join(", ", Adapters)}";
}
