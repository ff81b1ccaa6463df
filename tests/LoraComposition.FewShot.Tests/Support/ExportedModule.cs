using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>What a trained model computes, its export must compute on a fresh base.</summary>
internal static class ExportedModule
{
    /// <summary>Compares the two on some pictures.</summary>
    public static void ShouldComputeTheSame(this LoraAdapter exported, VisionTransformer trained, ImageBaseModel baseModel, PreprocessedImages images, int[] indices)
    {
        trained.eval();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pixels = images.Batch(indices, CPU);
        var expected = trained.call(pixels);
        using var again = baseModel.Load(["x"], 5);
        again.SetHead(exported.Head!);
        again.eval();
        using (Composition.AttachUniform(again, [exported])) (again.call(pixels) - expected).abs().max().item<float>().Should().BeLessThan(1e-4f);
    }
}
