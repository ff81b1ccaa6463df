using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Text;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// A T5 ready to tell labels or to choose among answers, from whatever folder holds one: what <see cref="AdaptedTextModel.Save"/> wrote, a checkpoint, or a checkpoint and
/// adapters.
/// </summary>
/// <remarks>Owns the model. Not thread-safe while being disposed; a <see cref="TextPredictor"/> of the model is.</remarks>
public sealed class TextClassifier : IDisposable
{
    readonly AdaptedTextModel? adapted;

    TextClassifier(AdaptedTextModel adapted)
    {
        (this.adapted, Model, Tokenizer, Labels, Reading) = (adapted, adapted.Model, adapted.Tokenizer, adapted.Info.ClassNames, adapted.Reading);
        Warnings = adapted.Adapter?.ZeroWarning is { } still ? [still] : [];
    }

    TextClassifier(T5Model model, T5Tokenizer tokenizer, IReadOnlyList<string> labels) =>
        (Model, Tokenizer, Labels, Reading) = (model, tokenizer, labels, TextReading.Own(labels.Count > 0));

    /// <summary>The model, in evaluation mode, frozen, adapters merged into its weights. Owned by this object.</summary>
    public T5Model Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>The labels that it tells; empty where each question brings its own choices.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>How texts are written for the model.</summary>
    public TextReading Reading { get; }

    /// <summary>What may not be meant: what was odd about the adapters, or another base. Empty where nothing was.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Opens a model in float32.</summary>
    /// <param name="folder">A folder that <see cref="AdaptedTextModel.Save"/> wrote, or a model-hub folder of a T5.</param>
    /// <param name="adapters">Adapters to compose on a checkpoint, uniformly; copied, so they can be disposed afterwards. None where not given.</param>
    /// <param name="labels">
    /// The labels that a checkpoint is to tell, in the order in which it learned them, which is ordinal where <see cref="TextModuleRun"/> was given a file; none where not
    /// given: each question brings its choices. An adapted model has its own.
    /// </param>
    /// <param name="baseFolder">Where the base of an adapted model is, where it is not where it was.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model. The caller owns it.</returns>
    /// <exception cref="ArgumentException">Adapters or labels are given for an adapted model, a base for a checkpoint, there is one label alone, or one twice.</exception>
    /// <exception cref="ModelFileException">A file is missing or damaged, the model is not a T5, or its base is another.</exception>
    /// <exception cref="DataException">The tokenizer cannot tell two labels apart.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TextClassifier Open(string folder, IReadOnlyList<LoraAdapter>? adapters = null, IReadOnlyList<string>? labels = null, string? baseFolder = null,
        Device? device = null, ILogger? logger = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        adapters ??= [];
        labels ??= [];
        if (labels.Count == 1) throw new ArgumentException($"There is one label alone, '{labels[0]}'; give at least two.", nameof(labels));
        if (labels.GroupBy(label => label, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The label '{twice.Key}' is given twice.", nameof(labels));
        if (AdaptedModel.IsIn(folder))
        {
            if (adapters.Count > 0) throw new ArgumentException($"{folder} is an adapted model, which holds its adapter; others are for a checkpoint.", nameof(adapters));
            if (labels.Count > 0) throw new ArgumentException($"{folder} is an adapted model, which has its labels; others are for a checkpoint.", nameof(labels));
            return new TextClassifier(AdaptedTextModel.Load(folder, baseFolder, device, logger, cancellation));
        }
        if (baseFolder is not null) throw new ArgumentException($"{folder} is no adapted model, so it has no base elsewhere.", nameof(baseFolder));
        // The model first: a folder of another kind is better known by it than by what it lacks.
        T5Model.Check(folder);
        var tokenizer = T5Tokenizer.Load(folder);
        AnswerTokens.CheckLabels(tokenizer, folder, labels);
        var model = T5Model.Load(folder, logger: logger, cancellation: cancellation);
        try
        {
            var opened = new TextClassifier(model, tokenizer, [.. labels]);
            if (adapters.Count > 0) opened.Compose(adapters, logger);
            if (device is not null) model.to(device);
            AdaptedBase.Freeze(model);
            return opened;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (adapted is not null) adapted.Dispose();
        else Model.Dispose();
    }

    void Compose(IReadOnlyList<LoraAdapter> adapters, ILogger? logger)
    {
        var compatibility = AdapterCompatibility.Check(Model, adapters);
        using (var composition = Composition.AttachUniform(Model, adapters, logger: logger)) composition.MergeIntoBase();
        Warnings = [.. adapters.SelectMany(adapter => adapter.Warnings.Select(warning => $"Adapter '{adapter.Name}': {warning}")).Concat(compatibility.Warnings).Distinct()];
    }
}
