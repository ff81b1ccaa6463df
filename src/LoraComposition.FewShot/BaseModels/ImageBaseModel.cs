using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A ViT in a model-hub folder, with how images are made ready for it.</summary>
public sealed class ImageBaseModel : BaseModelFolder
{
    internal const string PreprocessorFile = "preprocessor_config.json";
    const int ColourChannels = 3;

    ImageBaseModel(string folder, ScalarType dtype, Device? device, ImagePreprocessing preprocessing, string fingerprint, ILogger? logger)
        : base(folder, dtype, device, fingerprint, logger) =>
        Preprocessing = preprocessing;

    /// <summary>How images are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>Reads what the folder says of itself and checks, without reading the weights, that the model loads.</summary>
    /// <param name="folder">A model-hub folder.</param>
    /// <param name="dtype">The type the model computes in, the head apart. Default float32.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what is read with each <c>Load</c>.</param>
    /// <param name="cancellation">Stops before the weights are hashed.</param>
    /// <returns>The base model.</returns>
    /// <exception cref="ModelFileException">The model is missing, damaged, not a ViT, or one for images that are not in colour.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured, or its image size is not the model's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageBaseModel Open(string folder, ScalarType dtype = ScalarType.Float32, Device? device = null, ILogger? logger = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var config = VisionTransformer.Check(folder);
        if (config.ChannelCount != ColourChannels)
            throw new ModelFileException(folder,
                $"expected a model of images with {ColourChannels} channels, red, green and blue, as pictures are read; found {config.ChannelCount} (num_channels of config.json).");
        var preprocessing = ReadPreprocessing(folder, config.ImageSize);
        cancellation.ThrowIfCancellationRequested();
        return new ImageBaseModel(folder, dtype, device, preprocessing, WeightsFingerprint.Of(folder), logger);
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
    /// <param name="dtype">Another type than <see cref="BaseModelFolder.Dtype"/>.</param>
    /// <returns>The model on its device. The caller owns it.</returns>
    public VisionTransformer Load(IReadOnlyList<string> classNames, long headSeed, ScalarType? dtype = null)
    {
        return OnDevice(VisionTransformer.Load(Folder, new VitLoadOptions { Dtype = dtype ?? Dtype, ClassNames = classNames, HeadSeed = headSeed }, Logger));
    }
}
