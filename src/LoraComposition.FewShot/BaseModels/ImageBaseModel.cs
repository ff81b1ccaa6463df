using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The model that experiments start from: a model-hub folder, and the type and device it runs in.</summary>
/// <remarks>Immutable, and safe to use from several threads: each model that it loads is another one.</remarks>
public sealed class ImageBaseModel
{
    internal const string PreprocessorFile = "preprocessor_config.json";
    const int ColourChannels = 3;

    readonly ILogger? logger;

    ImageBaseModel(string folder, ScalarType dtype, Device device, ImagePreprocessing preprocessing, string fingerprint, ILogger? logger) =>
        (Folder, Dtype, Device, Preprocessing, Fingerprint, this.logger) = (folder, dtype, device, preprocessing, fingerprint, logger);

    /// <summary>The folder that holds <c>config.json</c>, <c>model.safetensors</c> and <c>preprocessor_config.json</c>.</summary>
    public string Folder { get; }

    /// <summary>The type the body computes in.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The device the model runs on.</summary>
    public Device Device { get; }

    /// <summary>How images are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>The SHA-256 of the weights: of <c>model.safetensors</c>, or of the names and hashes of the shards.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads what the folder says of itself and checks, without reading the weights, that the model loads.</summary>
    /// <param name="folder">A model-hub folder.</param>
    /// <param name="dtype">The type the body computes in. Default float32.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what is read with each <c>Load</c>; nobody where not given.</param>
    /// <param name="cancellation">Stops before the weights are hashed.</param>
    /// <returns>The base model.</returns>
    /// <exception cref="ModelFileException">The model is missing, damaged, not a ViT, or one for images that are not in colour.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured, or its image size is not the model's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageBaseModel Open(string folder, ScalarType dtype = ScalarType.Float32, Device? device = null, ILogger? logger = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var config = VisionTransformer.Check(folder);
        if (config.ChannelCount != ColourChannels)
            throw new ModelFileException(folder, $"expected a model of images with {ColourChannels} channels, red, green and blue, as pictures are read; found {config.ChannelCount} (num_channels of config.json).");
        var preprocessing = ReadPreprocessing(folder, config.ImageSize);
        cancellation.ThrowIfCancellationRequested();
        return new ImageBaseModel(folder, dtype, device ?? CPU, preprocessing, WeightsFingerprint.Of(folder), logger);
    }

    /// <summary>The preprocessing that a folder asks for, checked against the size of the model's images; the default where the folder does not say.</summary>
    /// <exception cref="DataException">The preprocessing cannot be honoured, or its image size is not the model's.</exception>
    internal static ImagePreprocessing ReadPreprocessing(string folder, int imageSize)
    {
        string settings = Path.Combine(folder, PreprocessorFile);
        var preprocessing = File.Exists(settings) ? ImagePreprocessing.FromFile(settings) : ImagePreprocessing.Default with { Size = imageSize };
        if (preprocessing.Size != imageSize) throw new DataException(settings, $"expected images of the model's {imageSize} pixels, found {preprocessing.Size}.");
        return preprocessing;
    }

    /// <summary>Loads a fresh copy of the model with a fresh head.</summary>
    /// <param name="classNames">The classes of the head.</param>
    /// <param name="headSeed">The seed of the head's random start.</param>
    /// <param name="dtype">Another type than <see cref="Dtype"/>.</param>
    /// <returns>The model on its device. The caller owns it.</returns>
    public VisionTransformer Load(IReadOnlyList<string> classNames, long headSeed, ScalarType? dtype = null)
    {
        var model = VisionTransformer.Load(Folder, new VitLoadOptions { Dtype = dtype ?? Dtype, ClassNames = classNames, HeadSeed = headSeed }, logger);
        if (Device.type != DeviceType.CPU) model.to(Device);
        return model;
    }
}
