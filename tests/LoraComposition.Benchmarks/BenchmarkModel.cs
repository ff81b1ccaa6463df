using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>ViT-B/32 with 1,000 classes, random weights, and random adapters of rank 16 on query, key and value.</summary>
static class BenchmarkModel
{
    public const int Rank = 16;

    public static VisionTransformer Create(BenchmarkOptions options)
    {
        var model = VisionTransformer.Create(new VitConfig { LayerCount = options.Layers, ClassNames = [.. Enumerable.Range(0, 1000).Select(i => $"{i}")] }, seed: 1);
        model.to(options.Device, options.Dtype);
        // As in a loaded 16-bit model.
        model.Classifier!.to(ScalarType.Float32);
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        return model;
    }

    public static LoraAdapter[] Adapters(VisionTransformer model, int count, int seed = 2, int firstLayer = 0)
    {
        random.manual_seed(seed);
        var sites = model.Sites.Where(s => s.LayerIndex >= firstLayer && (s.Role is LinearRole.Query or LinearRole.Key or LinearRole.Value)).ToArray();
        return [.. Enumerable.Range(0, count).Select(n => new LoraAdapter($"module {n}", sites.Select(s => KeyValuePair.Create(s.Path,
            new LoraDelta(randn(Rank, model.Config.HiddenSize).mul_(0.02), randn(model.Config.HiddenSize, Rank).mul_(0.02), 1)))))];
    }

    public static (Tensor Pixels, Tensor Labels) Batch(BenchmarkOptions options) =>
        (randn(options.Batch, 3, 224, 224).to(options.Dtype, options.Device), randint(0, 1000, [options.Batch]).to(options.Device));
}
