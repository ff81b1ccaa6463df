using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Writes an adapted model, or a checkpoint with adapters composed on it or without, as ONNX.</summary>
static class ExportJob
{
    // What this project's files say of how they came about.
    const string OwnEntries = "lora_composition.";

    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">An input is refused.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="NonFiniteException">The model gives no numbers.</exception>
    /// <exception cref="NotSupportedException">The file would be larger than the format allows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static ExportReport Run(ExportSettings settings, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var steps = new WorkSteps(progress, "export weights");
        var options = new OnnxExportOptions { Dtype = settings.Dtype };
        if (!AdaptedModel.IsIn(settings.Model)) return OfCheckpoint(settings, options, logger, steps, cancellation);
        using var adapted = AdaptedModel.Load(settings.Model, settings.Base, logger: logger, cancellation: cancellation);
        CheckFinite(settings, adapted.Model);
        adapted.ExportOnnx(settings.Out, options, logger, steps, cancellation);
        return Report(settings, adapted.Model, []);
    }

    static ExportReport OfCheckpoint(ExportSettings settings, OnnxExportOptions options, ILogger? logger, WorkSteps steps, CancellationToken cancellation)
    {
        var source = ImageBaseModel.Open(settings.Model, logger: logger, cancellation: cancellation);
        using var model = VisionTransformer.Load(settings.Model, logger: logger, cancellation: cancellation);
        model.eval();
        var metadata = new Dictionary<string, string>
        {
            [ImagePreprocessing.MetadataKey] = source.Preprocessing.ToJson(),
            ["lora_composition.base_sha256"] = source.Fingerprint,
        };
        if (settings.Adapters.Count == 0)
        {
            foreach (var (key, value) in Told(settings.Model)) metadata.TryAdd(key, value);
            CheckFinite(settings, model);
            OnnxModel.Save(model, settings.Out, options with { Metadata = metadata }, logger, steps, cancellation);
            return Report(settings, model, []);
        }
        using var set = AdapterSet.Load(settings.Adapters, logger);
        var compatibility = AdapterCompatibility.Check(model, set.Adapters);
        string? headless = PutHead(model, set.Adapters);
        using var composition = Composition.AttachUniform(model, set.Adapters, logger: logger);
        CheckFinite(settings, model);
        OnnxModel.Save(model, settings.Out, options with { Metadata = metadata, Provenance = composition.ToProvenance() }, logger, steps, cancellation);
        var own = set.Adapters.SelectMany(adapter => adapter.Warnings.Select(warning => $"Adapter '{adapter.Name}': {warning}"));
        return Report(settings, model, [.. own.Concat(compatibility.Warnings).Concat(headless is null ? [] : [headless]).Distinct()]);
    }

    /// <summary>The one adapter's saved head goes with it; of several none is right for all of them.</summary>
    /// <returns>A warning where a head was left out.</returns>
    static string? PutHead(VisionTransformer model, IReadOnlyList<LoraAdapter> adapters)
    {
        if (adapters is [{ Head: { } head }])
        {
            model.SetHead(head);
            return null;
        }
        return adapters.Any(adapter => adapter.Head is not null) ? "Of several adapters no saved head is exported: each belongs to its own task's classes." : null;
    }

    static void CheckFinite(ExportSettings settings, VisionTransformer model)
    {
        using var probe = Probe.For(model);
        using var outputs = probe.Run();
        if (!OutputDifference.IsFinite(outputs))
            throw new NonFiniteException($"{settings.Model}: the model's outputs are NaN or infinite, so there is nothing to export; its weights are too large to compute with.");
    }

    static ExportReport Report(ExportSettings settings, VisionTransformer model, IReadOnlyList<string> warnings)
    {
        var (config, classifies) = (model.Config, model.Classifier is not null);
        return new ExportReport
        {
            Out = settings.Out,
            Bytes = new FileInfo(settings.Out).Length,
            Dtype = settings.Dtype == ScalarType.Float16 ? "float16" : "float32",
            Opset = OnnxModel.Opset,
            Input = OnnxModel.InputName,
            InputShape = [config.ChannelCount, config.ImageSize, config.ImageSize],
            Output = classifies ? OnnxModel.LogitsName : OnnxModel.FeaturesName,
            OutputShape = [classifies ? config.ClassNames.Count : config.HiddenSize],
            Classes = config.ClassNames,
            Warnings = classifies ? warnings
                : [.. warnings, "The model has no head, so the file gives features and no classes; adapt makes a model with one."],
        };
    }

    static IEnumerable<KeyValuePair<string, string>> Told(string folder)
    {
        using var files = CheckpointFiles.Open(folder);
        return [.. files.Files[0].Metadata.Where(entry => entry.Key.StartsWith(OwnEntries, StringComparison.Ordinal) && entry.Key != OnnxModel.ClassNamesKey
            && entry.Key != OnnxModel.BaseModelKey)];
    }
}
