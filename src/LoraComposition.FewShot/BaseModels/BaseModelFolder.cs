using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A base model in a model-hub folder, and the type and device it runs in.</summary>
/// <remarks>Immutable, and safe to use from several threads: each model that it loads is another one.</remarks>
public abstract class BaseModelFolder
{
    private protected BaseModelFolder(string folder, ScalarType dtype, Device? device, string fingerprint, ILogger? logger) =>
        (Folder, Dtype, Device, Fingerprint, Logger) = (folder, dtype, device ?? CPU, fingerprint, logger);

    /// <summary>The folder that holds <c>config.json</c>, the weights and what stands beside them.</summary>
    public string Folder { get; }

    /// <summary>The type the model computes in.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The device the model runs on.</summary>
    public Device Device { get; }

    /// <summary>The SHA-256 of the weights: of <c>model.safetensors</c>, or of the names and hashes of the shards.</summary>
    public string Fingerprint { get; }

    private protected ILogger? Logger { get; }

    /// <summary>Brings a model that was just loaded to the device.</summary>
    private protected TModel OnDevice<TModel>(TModel model) where TModel : nn.Module
    {
        if (Device.type != DeviceType.CPU) model.to(Device);
        return model;
    }
}
