using System.Diagnostics;
using System.Globalization;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Writes models as ONNX, so that programs without libtorch can run them. Numbers go in and come out as float32, in batches of any size.</summary>
/// <example>
/// <code>
/// using var model = VisionTransformer.Load("vit");
/// using var modules = LoraAdapter.LoadAll("modules");
/// using var composition = Composition.AttachUniform(model, modules);
/// var preprocessing = ImagePreprocessing.Default with { Size = model.Config.ImageSize };
/// OnnxModel.Save(model, "composed.onnx", new OnnxExportOptions
/// {
///     Provenance = composition.ToProvenance(),
///     Metadata = new Dictionary&lt;string, string&gt; { [ImagePreprocessing.MetadataKey] = preprocessing.ToJson() },
/// });
/// </code>
/// </example>
public static class OnnxModel
{
    /// <summary>The operator set: the oldest with a layer norm, which what reads ONNX today knows.</summary>
    public const int Opset = 17;

    /// <summary>The name of the preprocessed pixels, <c>[batch, channels, side, side]</c>.</summary>
    public const string InputName = "pixel_values";

    /// <summary>The name of what a model with a head gives, <c>[batch, classes]</c>.</summary>
    public const string LogitsName = "logits";

    /// <summary>The name of what a model without a head gives, <c>[batch, features]</c>: what a head would read.</summary>
    public const string FeaturesName = "features";

    /// <summary>The entry of the metadata with the names of the classes in the order of the logits, a JSON list. Of models with a head.</summary>
    public const string ClassNamesKey = ClassNamesText.Key;

    /// <summary>The entry of the metadata with the base model's name, where known.</summary>
    public const string BaseModelKey = "lora_composition.base_model";

    /// <summary>Writes a model as it computes in evaluation, with what is attached to its layers merged; the file is replaced whole or not at all.</summary>
    /// <param name="model">The model, plain, merged or with a composition attached, on any device and of any type. It stays as it is.</param>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="options">Type and metadata; defaults where not given.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many weights are written.</param>
    /// <param name="cancellation">Stops between two weights; the file is then as it was.</param>
    /// <remarks>The weights go to the file one by one. The same model and options give the same bytes.</remarks>
    /// <exception cref="ArgumentException">An option cannot be, the model is on the meta device, or a number is too large for float16.</exception>
    /// <exception cref="NotSupportedException">The weights of a layer depend on the input (<see cref="RoutedComposer"/>), or the file would be larger than the
    /// 2 GiB that the format allows.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">The folder is missing or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Save(VisionTransformer model, string path, OnnxExportOptions? options = null, ILogger? logger = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new OnnxExportOptions();
        options.Validate();
        model.ThrowIfDisposed();
        long started = Stopwatch.GetTimestamp();
        var graph = VitGraph.Build(model, options.Dtype);
        var file = new OnnxFile(graph, Metadata(model, options));
        // Readers of protocol buffers count the bytes of a message in 31 bits.
        if (file.Length > int.MaxValue)
            throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture,
                $"As ONNX in {options.Dtype} the model takes {file.Length:N0} bytes, expected at most "
                + $"{int.MaxValue:N0}{(options.Dtype == ScalarType.Float32 ? "; export it as float16" : "")}."));
        if (model.Embeddings.Device.type == DeviceType.META)
            throw new ArgumentException("The model is on the meta device and holds no numbers.", nameof(model));
        AtomicFile.Write(path, stream => file.Write(stream, progress, cancellation));
        (logger ?? NullLogger.Instance).ModelSaved($"{nameof(VisionTransformer)} as ONNX", graph.Weights.Count, path,
            (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    static Dictionary<string, string> Metadata(VisionTransformer model, OnnxExportOptions options)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (model.Config.ClassNames.Count > 0) metadata.Add(ClassNamesKey, ClassNamesText.Format(model.Config.ClassNames));
        if (model.BaseModelName is { } name) metadata.Add(BaseModelKey, name);
        foreach (var (key, value) in options.Provenance is { } provenance ? ProvenanceText.Format(provenance) : []) metadata.Add(key, value);
        foreach (var (key, value) in options.Metadata)
            if (!metadata.TryAdd(key, value))
                throw new ArgumentException($"The entry '{key}' of the metadata is written by the export itself; leave it out.", nameof(options));
        return metadata;
    }
}
