using LoraComposition.Models.Vit;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Composing;

/// <summary>Seeded random images, to compare what two states of a model compute.</summary>
sealed class Probe : IDisposable
{
    const int Images = 4;

    readonly Tensor pixels;

    public Probe(VitConfig config)
    {
        using var generator = new Generator(0, CPU);
        pixels = randn([Images, config.ChannelCount, config.ImageSize, config.ImageSize], generator: generator);
    }

    /// <summary>What the model computes: logits, or the features of a backbone alone.</summary>
    /// <returns><c>[4, classes or d]</c>. The caller owns it.</returns>
    public Tensor Run(VisionTransformer model)
    {
        using var noGrad = no_grad();
        return model.Classifier is null ? model.Features(pixels) : model.call(pixels);
    }

    public void Dispose() => pixels.Dispose();
}
