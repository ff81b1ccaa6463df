using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A base model with an adapter merged into it and a head for new classes, ready to predict.</summary>
/// <remarks>
/// Its folder holds <c>adapter/</c> (PEFT; missing where nothing but the head was trained), <c>head.safetensors</c>, <c>weights.json</c> (where adapters were
/// composed),
/// <c>preprocessor_config.json</c> and <c>adapted.json</c>, never the base's own weights. Owns model and adapter. Not thread-safe.
/// </remarks>
public sealed class AdaptedModel : IDisposable
{
    AdaptedModel(AdaptedModelInfo info, VisionTransformer model, LoraAdapter? adapter, CompositionWeights? weights, ImagePreprocessing preprocessing)
    {
        (Info, Model, Adapter, Weights, Preprocessing) = (info, model, adapter, weights, preprocessing);
        AdaptedBase.Freeze(model);
    }

    /// <summary>The method, the classes and the base.</summary>
    public AdaptedModelInfo Info { get; }

    /// <summary>The model, in evaluation mode, the adapter merged into its weights. Owned by this object.</summary>
    public VisionTransformer Model { get; }

    /// <summary>The adapter on its own; null where nothing but the head was trained.</summary>
    public LoraAdapter? Adapter { get; }

    /// <summary>The weight of each composed adapter at every layer; null where none were composed.</summary>
    public CompositionWeights? Weights { get; }

    /// <summary>How images are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>Reads an adapted model and its base, in float32.</summary>
    /// <param name="folder">A folder that <see cref="Save"/> wrote.</param>
    /// <param name="baseFolder">The base's model-hub folder, where it is not where it was.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, or the base is another than the model was adapted on.</exception>
    /// <exception cref="AdapterMismatchException">The adapter does not fit the base.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AdaptedModel Load(string folder, string? baseFolder = null, Device? device = null, ILogger? logger = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var info = AdaptedModelInfoFile.Read(folder);
        if (info.Text is not null) throw new ModelFileException(folder, "expected an adapted model of pictures, a ViT, found one of texts, a T5.");
        string from = AdaptedBase.Find(folder, info.Base, baseFolder);
        info = info with { Base = info.Base with { Folder = from } };
        var (preprocessing, warning) = ImageBaseModel.ReadPreprocessing(folder, VisionTransformer.Check(from));
        var model = VisionTransformer.Load(from, new VitLoadOptions { ImageSize = preprocessing.Size }, logger, cancellation: cancellation);
        LoraAdapter? adapter = null;
        try
        {
            using (var head = HeadFile.Read(folder, info.ClassNames.Count, model.Config.FeatureSize)) model.SetHead(head, info.ClassNames);
            (adapter, var weights) = AdaptedBase.Adapt(model, folder, info, logger);
            if (warning is not null) logger?.ResultsAreDoubtful(warning);
            if (device is not null) model.to(device);
            return new AdaptedModel(info, model, adapter, weights, preprocessing);
        }
        catch
        {
            adapter?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model's folder, <c>adapted.json</c> last; a run that ends before leaves nothing that could be taken for a model.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="replace">Whether a model that is there is replaced. Files of other names stay.</param>
    /// <exception cref="IOException">The folder holds something and is not to be replaced, or cannot be written.</exception>
    public void Save(string folder, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        AdaptedModelFolder.Write(folder, replace, staging => Write(staging, folder));
    }

    /// <summary>Whether a folder holds an adapted model, by its <c>adapted.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>False also where there is no such folder.</returns>
    public static bool IsIn(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return File.Exists(Path.Combine(folder, AdaptedModelFiles.Info));
    }

    /// <summary>
    /// Writes the model as ONNX for programs without libtorch, base and adapter in one file. Its metadata hold the class names, the preprocessing
    /// (<see cref="ImagePreprocessing.MetadataKey"/>), how the adapter came about, and <c>lora_composition.adapted_by</c> and <c>lora_composition.base_sha256</c>.
    /// </summary>
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
        var metadata = new Dictionary<string, string>(options.Metadata, StringComparer.Ordinal)
        {
            [ImagePreprocessing.MetadataKey] = Preprocessing.ToJson(),
            ["lora_composition.adapted_by"] = Info.Method,
            ["lora_composition.base_sha256"] = Info.Base.Sha256,
        };
        var complete = options with { Provenance = options.Provenance ?? Adapter?.Provenance, Metadata = metadata };
        OnnxModel.Save(Model, path, complete, logger, progress, cancellation);
    }

    /// <summary>Writes the files into one folder, which will then be another.</summary>
    internal void Write(string folder, string final)
    {
        Adapter?.Save(Path.Combine(folder, AdaptedModelFiles.Adapter));
        HeadFile.Write(folder, Model);
        Weights?.Save(Path.Combine(folder, AdaptedModelFiles.Weights));
        AtomicFile.Write(Path.Combine(folder, AdaptedModelFiles.Preprocessor), PreprocessorConfigWriter.Write(Preprocessing));
        AdaptedModelInfoFile.Write(folder, Info with { Base = Info.Base with { Folder = BaseLocation.From(final, Info.Base.Folder) } });
    }

    /// <summary>Takes over what a method has trained.</summary>
    internal static AdaptedModel Take(TrainedModel<VisionTransformer> trained, ImageBaseModel baseModel)
    {
        var wide = baseModel.Dtype == ScalarType.Float32 ? null : WithHeadOf(trained.Model, baseModel);
        var adapter = trained.ToAdapter(trained.Method.Name);
        var weights = trained.ToWeights();
        var model = trained.Release(adapter, wide);
        var info = new AdaptedModelInfo
        {
            Method = trained.Method.Name,
            HasAdapter = adapter is not null,
            ClassNames = model.Config.ClassNames,
            Base = new BaseReference(baseModel.Folder, baseModel.Fingerprint),
        };
        return new AdaptedModel(info, model, adapter, weights, baseModel.Preprocessing);
    }

    static VisionTransformer WithHeadOf(VisionTransformer trained, ImageBaseModel baseModel)
    {
        using var head = HeadOf(trained);
        var model = baseModel.Load(trained.Config.ClassNames, headSeed: 0, ScalarType.Float32);
        model.SetHead(head, trained.Config.ClassNames);
        return model;
    }

    static SavedHead HeadOf(VisionTransformer model)
    {
        using var scope = NewDisposeScope();
        return new SavedHead(model.Classifier!.weight!.detach().clone(), model.Classifier.bias!.detach().clone());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Dispose();
    }
}
