using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>The shape of Flan-T5-base with fewer layers, random weights, and random adapters of rank 16 on query and value.</summary>
static class T5BenchmarkModel
{
    public static T5Model Create(BenchmarkOptions options)
    {
        var model = T5Model.Create(new T5Config
        {
            HiddenSize = 768,
            HeadCount = 12,
            KeyValueSize = 64,
            IntermediateSize = 2048,
            FeedForward = T5FeedForwardKind.GatedGelu,
            TiedHead = false,
            ScaledHead = false,
            EncoderLayerCount = options.T5Layers,
            DecoderLayerCount = options.T5Layers,
        }, seed: 1);
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        return model;
    }

    public static LoraAdapter[] Adapters(T5Model model, int count)
    {
        random.manual_seed(2);
        var sites = model.Sites.Where(s => s.Role is LinearRole.Query or LinearRole.Value).ToArray();
        return [.. Enumerable.Range(0, count).Select(n => new LoraAdapter($"module {n}", sites.Select(s => KeyValuePair.Create(s.Path,
            new LoraDelta(randn(BenchmarkModel.Rank, model.Config.HiddenSize).mul_(0.02), randn(model.Config.AttentionSize, BenchmarkModel.Rank).mul_(0.02), 1)))))];
    }

    public static Tensor Ids(int batch, int tokens) => randint(3, 32_000, [batch, tokens]);
}
