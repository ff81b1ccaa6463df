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

    ImageBaseModel(string folder, ScalarType dtype, Device? device, ImagePreprocessing preprocessing, string? warning, string fingerprint, ILogger? logger)
        : base(folder, dtype, device, fingerprint, logger) =>
        (Preprocessing, Warning) = (preprocessing, warning);

    /// <summary>How images are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; private init; }

    /// <summary>Where features of this base are kept between runs; null for nowhere.</summary>
    public FeatureCache? Features { get; private init; }

    /// <summary>What of the preprocessing had to be guessed, because the folder does not say it, in one line; null where nothing was.</summary>
    public string? Warning { get; private init; }

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
        var (preprocessing, warning) = ReadPreprocessing(folder, config);
        cancellation.ThrowIfCancellationRequested();
        return new ImageBaseModel(folder, dtype, device, preprocessing, warning, WeightsFingerprint.Of(folder), logger);
    }

    /// <summary>The same base with pictures made ready in another way.</summary>
    /// <param name="preprocessing">How, with images of the same size.</param>
    /// <returns>The base model; this one stays as it is.</returns>
    /// <exception cref="ArgumentException">The size is another than the model's, or a setting cannot be worked with.</exception>
    public ImageBaseModel With(ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Validate();
        if (preprocessing.Size != Preprocessing.Size)
            throw new ArgumentException($"Expected images of the model's {Preprocessing.Size} pixels, found {preprocessing.Size}.", nameof(preprocessing));
        return new ImageBaseModel(Folder, Dtype, Device, preprocessing, Warning, Fingerprint, Logger) { Features = Features };
    }

    /// <summary>The same base with its features of pictures kept on disk, with and without modules, for every trainer that is made with it.</summary>
    /// <param name="features">Where; null for nowhere.</param>
    /// <returns>The base model; this one stays as it is.</returns>
    public ImageBaseModel Keeping(FeatureCache? features) => new(Folder, Dtype, Device, Preprocessing, Warning, Fingerprint, Logger) { Features = features };

    /// <summary>
    /// The preprocessing that a folder asks for, by its <c>preprocessor_config.json</c> or timm's <c>pretrained_cfg</c>, checked against the size of the model's
    /// images, and what of it had to be guessed; all of it where the folder does not say. A model that takes images of any size is asked for that of the
    /// preprocessing, as transformers runs it: DINOv2 was trained on 518 pixels and is published for 224.
    /// </summary>
    /// <exception cref="DataException">The preprocessing cannot be honoured, or its image size is not the model's.</exception>
    /// <exception cref="ModelFileException">The configuration is damaged.</exception>
    internal static (ImagePreprocessing Preprocessing, string? Warning) ReadPreprocessing(string folder, VitConfig model)
    {
        int imageSize = model.ImageSize;
        string settings = Path.Combine(folder, PreprocessorFile), config = Path.Combine(folder, "config.json");
        if (!File.Exists(settings))
        {
            return TimmPreprocessing.ToPreprocessorConfig(folder, imageSize, out var leftOut) is not { } timm ? Guessed(folder, model)
                : PreprocessorConfigReader.Read(config, timm, imageSize, known: leftOut) is var (read, guessed) ? (read, guessed?.Replace("BitImageProcessor", "timm", StringComparison.Ordinal)) : default;
        }
        var (preprocessing, warning) = PreprocessorConfigReader.Read(settings, imageSize, model.ImageProcessor);
        if (model.TakesAnySize && preprocessing.Size % model.PatchSize != 0)
            throw new DataException(settings, $"expected images whose side is a multiple of the model's patches of {model.PatchSize} pixels, found {preprocessing.Size}.");
        if (!model.TakesAnySize && preprocessing.Size != imageSize)
            throw new DataException(settings, $"expected images of the model's {imageSize} pixels, found {preprocessing.Size}.");
        return (preprocessing, warning);
    }

    static (ImagePreprocessing, string) Guessed(string folder, VitConfig model)
    {
        var processor = PreprocessorKind.Of(model.ImageProcessor);
        if (processor == PreprocessorKind.Of(null)) return GuessedAsViT(folder, model.ImageSize);
        var (settings, _) = PreprocessorConfigReader.Read(folder, "{}"u8.ToArray(), model.ImageSize, processor.Name);
        return (settings, $"{folder}: no {PreprocessorFile} says how pictures are made ready, so {processor.Name}'s defaults are taken; "
            + $"copy the {PreprocessorFile} of the model beside its weights if it was trained otherwise.");
    }

    static (ImagePreprocessing, string) GuessedAsViT(string folder, int imageSize) => (ImagePreprocessing.Default with { Size = imageSize },
        $"{folder}: neither a {PreprocessorFile} nor timm's pretrained_cfg says how pictures are made ready, so it is guessed: squeezed to {imageSize} x {imageSize} pixels, bilinear, mean and std 0.5; "
            + $"copy the {PreprocessorFile} of the model beside its weights if it was trained otherwise.");

    /// <summary>Loads a fresh copy of the model with a fresh head.</summary>
    /// <param name="classNames">The classes of the head.</param>
    /// <param name="headSeed">The seed of the head's random start.</param>
    /// <param name="dtype">Another type than <see cref="BaseModelFolder.Dtype"/>.</param>
    /// <returns>The model on its device. The caller owns it.</returns>
    public VisionTransformer Load(IReadOnlyList<string> classNames, long headSeed, ScalarType? dtype = null)
    {
        var options = new VitLoadOptions { Dtype = dtype ?? Dtype, ClassNames = classNames, HeadSeed = headSeed, ImageSize = Preprocessing.Size };
        return OnDevice(VisionTransformer.Load(Folder, options, Logger));
    }

    /// <summary>Loads a fresh copy of the model with its own head, if it has one, on the CPU and in float32, for images of the preprocessing's size.</summary>
    internal VisionTransformer LoadAsStored(CancellationToken cancellation = default) =>
        VisionTransformer.Load(Folder, new VitLoadOptions { ImageSize = Preprocessing.Size }, Logger, cancellation: cancellation);
}
