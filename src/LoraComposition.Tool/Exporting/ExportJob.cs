using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Writes an adapted model, or a checkpoint with adapters composed on it or without, as ONNX.</summary>
static class ExportJob
{
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
        using var opened = settings.Model.Open(device: null, needsHead: false, logger, cancellation);
        CheckFinite(settings, opened.Model);
        opened.ExportOnnx(settings.Out, new OnnxExportOptions { Dtype = settings.Dtype }, logger, steps, cancellation);
        return Report(settings, opened.Model, opened.Warnings);
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
            OutputShape = [classifies ? config.ClassNames.Count : config.FeatureSize],
            Classes = config.ClassNames,
            Warnings = classifies ? warnings
                : [.. warnings, "The model has no head, so the file gives features and no classes; adapt makes a model with one."],
        };
    }
}
