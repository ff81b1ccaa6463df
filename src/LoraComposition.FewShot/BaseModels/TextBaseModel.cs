using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Text;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A T5 in a model-hub folder, with its tokenizer.</summary>
public sealed class TextBaseModel : BaseModelFolder
{
    TextBaseModel(string folder, ScalarType dtype, Device? device, T5Tokenizer tokenizer, string fingerprint, ILogger? logger)
        : base(folder, dtype, device, fingerprint, logger) =>
        Tokenizer = tokenizer;

    /// <summary>The model's tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>Reads what the folder holds and checks, without reading the weights, that the model loads.</summary>
    /// <param name="folder">A model-hub folder.</param>
    /// <param name="dtype">The type the model computes in. Default float32.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what is read with each <c>Load</c>.</param>
    /// <param name="cancellation">Stops before the weights are hashed.</param>
    /// <returns>The base model.</returns>
    /// <exception cref="ModelFileException">Model or tokenizer are missing or damaged, the model is no T5, or it has fewer tokens than the tokenizer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TextBaseModel Open(string folder, ScalarType dtype = ScalarType.Float32, Device? device = null, ILogger? logger = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        // The model first: a folder of another kind is better known by it than by what it lacks.
        var config = T5Model.Check(folder);
        var tokenizer = T5Tokenizer.Load(folder);
        if (config.VocabularySize < tokenizer.VocabularySize)
            throw new ModelFileException(folder,
                $"expected a model of at least {tokenizer.VocabularySize} tokens, as its tokenizer has, found {config.VocabularySize}; give model and tokenizer of one checkpoint.");
        cancellation.ThrowIfCancellationRequested();
        return new TextBaseModel(folder, dtype, device, tokenizer, WeightsFingerprint.Of(folder), logger);
    }

    /// <summary>Loads a fresh copy of the model.</summary>
    /// <returns>The model on its device. The caller owns it.</returns>
    public T5Model Load() => Load(Dtype);

    /// <summary>Loads a fresh copy in another type. The caller owns it.</summary>
    internal T5Model Load(ScalarType dtype) => OnDevice(T5Model.Load(Folder, new T5LoadOptions { Dtype = dtype }, Logger));
}
