using System.Security.Cryptography;
using LoraComposition.FewShot.Data;
using LoraComposition.FewShot.Data.Preprocessing;
using LoraComposition.Models.Vit;
using LoraComposition.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Foundations;

/// <summary>The model that experiments start from: a model-hub folder, and the type and device it runs in.</summary>
public sealed class Foundation
{
    Foundation(string folder, ScalarType dtype, Device device, ImagePreprocessing preprocessing, string fingerprint) =>
        (Folder, Dtype, Device, Preprocessing, Fingerprint) = (folder, dtype, device, preprocessing, fingerprint);

    /// <summary>The folder that holds <c>config.json</c>, <c>model.safetensors</c> and <c>preprocessor_config.json</c>.</summary>
    public string Folder { get; }

    /// <summary>The type the body computes in.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The device the model runs on.</summary>
    public Device Device { get; }

    /// <summary>How images are made ready for the model.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>The SHA-256 of the weights.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads what the folder says of itself and checks that the model loads.</summary>
    /// <param name="folder">A model-hub folder.</param>
    /// <param name="dtype">The type the body computes in. Default float32.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <returns>The foundation.</returns>
    /// <exception cref="ModelFileException">The model is missing, damaged or not a ViT.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured, or its image size is not the model's.</exception>
    public static Foundation Open(string folder, ScalarType dtype = ScalarType.Float32, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        using var model = VisionTransformer.Load(folder);
        string settings = Path.Combine(folder, "preprocessor_config.json");
        var preprocessing = File.Exists(settings) ? ImagePreprocessing.FromFile(settings) : ImagePreprocessing.Default with { Size = model.Config.ImageSize };
        if (preprocessing.Size != model.Config.ImageSize)
            throw new DataException(settings, $"expected images of the model's {model.Config.ImageSize} pixels, found {preprocessing.Size}.");
        using var weights = File.OpenRead(Path.Combine(folder, "model.safetensors"));
        return new Foundation(folder, dtype, device ?? CPU, preprocessing, Convert.ToHexStringLower(SHA256.HashData(weights)));
    }

    /// <summary>Loads a fresh copy of the model with a fresh head.</summary>
    /// <param name="classNames">The classes of the head.</param>
    /// <param name="headSeed">The seed of the head's random start.</param>
    /// <param name="dtype">Another type than <see cref="Dtype"/>.</param>
    /// <returns>The model on its device. The caller owns it.</returns>
    public VisionTransformer Load(IReadOnlyList<string> classNames, long headSeed, ScalarType? dtype = null)
    {
        var model = VisionTransformer.Load(Folder, new VitLoadOptions { Dtype = dtype ?? Dtype, ClassNames = classNames, HeadSeed = headSeed });
        if (Device.type != DeviceType.CPU) model.to(Device);
        return model;
    }
}
