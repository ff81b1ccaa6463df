using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Random pixels. The outputs are logits, or the features of a backbone alone: <c>[4, classes or d]</c>.</summary>
sealed class ImageProbe(VisionTransformer model, Generator generator) : Probe
{
    readonly Tensor pixels = randn([Samples, model.Config.ChannelCount, model.Config.ImageSize, model.Config.ImageSize], generator: generator);

    public override void Dispose() => pixels.Dispose();

    protected override Tensor Compute() => model.Classifier is null ? model.Features(pixels) : model.call(pixels);
}
