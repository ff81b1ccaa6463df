using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>A model as a program without TorchSharp sees it.</summary>
sealed class OnnxSession : IDisposable
{
    readonly InferenceSession session;

    public OnnxSession(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        session = new InferenceSession(path, options);
    }

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public string Producer => session.ModelMetadata.ProducerName;

    /// <summary>Names and sizes of what goes in and comes out, as in <c>pixel_values[batch,3,32,32]</c>.</summary>
    public IEnumerable<string> Values => session.InputMetadata.Concat(session.OutputMetadata).Select(value =>
        $"{value.Key}[{string.Join(",", value.Value.Dimensions.Zip(value.Value.SymbolicDimensions, (size, symbol) => size < 0 ? symbol : $"{size}"))}] {value.Value.ElementType.Name}");

    /// <summary>Computes the one output. The caller owns it.</summary>
    public Tensor Run(Tensor pixels)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pixels.cpu().contiguous().data<float>().ToArray(), pixels.shape);
        using var settings = new RunOptions();
        using var outputs = session.Run(settings, session.InputNames, [input], session.OutputNames);
        return tensor(outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape);
    }

    public void Dispose() => session.Dispose();
}
