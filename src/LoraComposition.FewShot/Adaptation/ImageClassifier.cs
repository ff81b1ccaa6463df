using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// A ViT ready to use, from whatever folder holds one: what <see cref="AdaptedModel.Save"/> wrote, a checkpoint with a head, or a checkpoint and adapters, of
/// which a single one brings its saved head.
/// </summary>
/// <remarks>Owns the model. Not thread-safe while being disposed; an <see cref="ImagePredictor"/> of the model is.</remarks>
public sealed class ImageClassifier : IDisposable
{
    // What this library's files say of how they came about.
    const string OwnEntries = "lora_composition.", BaseHash = "lora_composition.base_sha256";

    readonly AdaptedModel? adapted;
    readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    AdapterProvenance? provenance;

    ImageClassifier(AdaptedModel adapted)
    {
        (this.adapted, Model, Preprocessing) = (adapted, adapted.Model, adapted.Preprocessing);
        Warnings = adapted.Adapter?.ZeroWarning is { } still ? [still] : [];
    }

    ImageClassifier(VisionTransformer model, ImageBaseModel source)
    {
        (Model, Preprocessing) = (model, source.Preprocessing);
        metadata.Add(ImagePreprocessing.MetadataKey, source.Preprocessing.ToJson());
        metadata.Add(BaseHash, source.Fingerprint);
        Warnings = source.Warning is { } guessed ? [guessed] : [];
    }

    /// <summary>The model, in evaluation mode, frozen, adapters merged into its weights. Owned by this object.</summary>
    public VisionTransformer Model { get; }

    /// <summary>How pictures are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>The names of the classes in the order of the logits; empty for a model without a head.</summary>
    public IReadOnlyList<string> ClassNames => Model.Classifier is null ? [] : Model.Config.ClassNames;

    /// <summary>What may not be meant: preprocessing that is guessed, an update that is zero, what was odd about the adapters, another base, a head that was left out. Empty where nothing was.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Opens a model in float32.</summary>
    /// <param name="folder">A folder that <see cref="AdaptedModel.Save"/> wrote, or a model-hub folder of a ViT.</param>
    /// <param name="adapters">Adapters to compose on a checkpoint, uniformly; copied, so they can be disposed afterwards. None where not given.</param>
    /// <param name="baseFolder">Where the base of an adapted model is, where it is not where it was.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="needsHead">Whether a model without a head is refused. Default true.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model. The caller owns it.</returns>
    /// <exception cref="ArgumentException">Adapters are given for an adapted model, a base for a checkpoint, or the saved head does not fit the model.</exception>
    /// <exception cref="ModelFileException">A file is missing or damaged, the model is not a ViT for pictures in colour, its base is another, or it has no
    /// head.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageClassifier Open(string folder, IReadOnlyList<LoraAdapter>? adapters = null, string? baseFolder = null, Device? device = null,
        bool needsHead = true, ILogger? logger = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        adapters ??= [];
        if (AdaptedModel.IsIn(folder))
        {
            if (adapters.Count > 0) throw new ArgumentException($"{folder} is an adapted model, which holds its adapter; others are for a checkpoint.", nameof(adapters));
            return new ImageClassifier(AdaptedModel.Load(folder, baseFolder, device, logger, cancellation));
        }
        if (baseFolder is not null) throw new ArgumentException($"{folder} is no adapted model, so it has no base elsewhere.", nameof(baseFolder));
        var source = ImageBaseModel.Open(folder, logger: logger, cancellation: cancellation);
        var model = source.LoadAsStored(cancellation);
        try
        {
            var opened = new ImageClassifier(model, source);
            if (adapters.Count == 0) opened.TellOf(folder);
            else opened.Compose(adapters, logger);
            if (needsHead && model.Classifier is null) throw new ModelFileException(folder, $"expected a model with a head, found none{Reason(adapters)}.");
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

    /// <summary>Writes the model as ONNX (<see cref="OnnxModel.Save"/>) with its preprocessing, its base and how it came about in the metadata.</summary>
    /// <param name="path">The file, replaced whole or not at all. Its folder must exist.</param>
    /// <param name="options">Type and further metadata; defaults where not given.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many weights are written.</param>
    /// <param name="cancellation">Stops between two weights; the file is then as it was.</param>
    /// <exception cref="ArgumentException">An option cannot be, or a number is too large for float16.</exception>
    /// <exception cref="NotSupportedException">The file would be larger than the 2 GiB that the format allows.</exception>
    /// <exception cref="IOException">The folder is missing or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void ExportOnnx(string path, OnnxExportOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new OnnxExportOptions();
        if (adapted is not null)
        {
            adapted.ExportOnnx(path, options, logger, progress, cancellation);
            return;
        }
        var all = new Dictionary<string, string>(options.Metadata, StringComparer.Ordinal);
        foreach (var (key, value) in metadata) all[key] = value;
        OnnxModel.Save(Model, path, options with { Provenance = options.Provenance ?? provenance, Metadata = all }, logger, progress, cancellation);
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
        // Before anything is attached: an adapter may change the head too.
        if (adapters is [{ Head: { } head }]) Model.SetHead(head);
        using (var composition = Composition.AttachUniform(Model, adapters, logger: logger))
        {
            provenance = composition.ToProvenance();
            composition.MergeIntoBase();
        }
        string[] headless = adapters.Count > 1 && adapters.Any(adapter => adapter.Head is not null)
            ? ["Of several adapters no saved head is taken: each belongs to its own task's classes."] : [];
        Warnings = [.. Warnings, .. adapters.SelectMany(adapter => adapter.Warnings.Select(warning => $"Adapter '{adapter.Name}': {warning}")).Concat(compatibility.Warnings).Concat(headless).Distinct()];
    }

    // A merged checkpoint's file says what was merged.
    void TellOf(string folder)
    {
        using var files = CheckpointFiles.Open(folder);
        foreach (var (key, value) in files.Files[0].Metadata)
            if (key.StartsWith(OwnEntries, StringComparison.Ordinal) && key is not (OnnxModel.ClassNamesKey or OnnxModel.BaseModelKey)) metadata.TryAdd(key, value);
    }

    static string Reason(IReadOnlyList<LoraAdapter> adapters) => adapters.Count switch
    {
        0 => "; adapt makes a model with one, and a single adapter brings its saved head",
        1 => $", and none is saved with adapter '{adapters[0].Name}'; adapt makes a model with one",
        _ => ", and of several adapters no saved head is taken, since each belongs to its own task's classes; adapt makes a model with one",
    };
}
