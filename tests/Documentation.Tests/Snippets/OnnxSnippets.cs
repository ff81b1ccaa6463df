using System.Text.Json;
using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;
using LoraComposition.Tool;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace Documentation.Tests.Snippets;

#region onnx-classifier
/// <summary>Classifies pictures with an exported model. One for all threads.</summary>
public sealed class OnnxClassifier : IDisposable
{
    readonly InferenceSession session;
    readonly ImagePreprocessing preprocessing;
    readonly string[] classNames;

    public OnnxClassifier(string path)
    {
        session = new InferenceSession(path);
        var metadata = session.ModelMetadata.CustomMetadataMap;
        preprocessing = ImagePreprocessing.FromJson(metadata["lora_composition.preprocessing"]);
        classNames = JsonSerializer.Deserialize<string[]>(metadata["lora_composition.class_names"])!;
    }

    public (string ClassName, float Probability) Classify(byte[] file)
    {
        var picture = ImageFileDecoder.Decode(file, message => new DataException("the upload", message));
        float[] pixels = preprocessing.ToPixels(picture);
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, preprocessing.Size, preprocessing.Size]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["pixel_values"], [input], ["logits"]);
        float[] logits = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        float highest = logits.Max();
        return (classNames[Array.IndexOf(logits, highest)], 1 / logits.Sum(logit => MathF.Exp(logit - highest)));
    }

    public void Dispose() => session.Dispose();
}
#endregion

public class OnnxSnippets
{
    [Fact]
    public async Task An_adapted_model_is_exported_and_classifies()
    {
        using var workplace = new Workplace();
        (await LoraComposeCommand.InvokeAsync(["adapt", "--base", "vit", "--adapter", "adapters/eurosat", "--data", "my-images", "--shots", "3", "--method", "uniform", "--out", "my-model"])).Should().Be(0);
        #region onnx-export
        using var adapted = AdaptedModel.Load("my-model");
        adapted.ExportOnnx("my-model.onnx", new OnnxExportOptions { Dtype = torch.ScalarType.Float16 });
        #endregion
        adapted.ExportOnnx("my-model.onnx");
        byte[] file = File.ReadAllBytes("photos/one.png");
        #region onnx-use
        using var classifier = new OnnxClassifier("my-model.onnx");
        Console.WriteLine(classifier.Classify(file));
        #endregion
        var expected = new ImagePredictor(adapted).Predict(file, top: 1)[0];
        classifier.Classify(file).ClassName.Should().Be(expected.ClassName);
        ((double)classifier.Classify(file).Probability).Should().BeApproximately(expected.Probability, 1e-4);
    }

    [Fact]
    public void Any_model_is_exported()
    {
        using var workplace = new Workplace();
        #region onnx-composition
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        using var composition = Composition.AttachUniform(model, modules);
        var preprocessing = ImagePreprocessing.Default with { Size = model.Config.ImageSize };
        OnnxModel.Save(model, "composed.onnx", new OnnxExportOptions
        {
            Provenance = composition.ToProvenance(),
            Metadata = new Dictionary<string, string> { [ImagePreprocessing.MetadataKey] = preprocessing.ToJson() },
        });
        #endregion
        using var session = new InferenceSession("composed.onnx");
        session.ModelMetadata.CustomMetadataMap.Should().ContainKeys(ImagePreprocessing.MetadataKey, OnnxModel.ClassNamesKey, "lora_composition.sources");
    }
}
