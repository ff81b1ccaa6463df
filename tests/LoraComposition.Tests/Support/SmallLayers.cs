using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>Small seeded layers and updates.</summary>
static class SmallLayers
{
    public static Linear Linear(long inFeatures, long outFeatures, bool bias = true, int seed = 0, ScalarType type = ScalarType.Float32)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var layer = nn.Linear(inFeatures, outFeatures, bias, dtype: type);
        layer.weight = new Parameter(randn(outFeatures, inFeatures, dtype: type, generator: generator).mul_(0.3));
        if (bias) layer.bias = new Parameter(randn(outFeatures, dtype: type, generator: generator));
        return layer;
    }

    public static LoraDelta Delta(long inFeatures, long outFeatures, long rank, double scaling, int seed, ScalarType type = ScalarType.Float32)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new LoraDelta(randn(rank, inFeatures, dtype: type, generator: generator).mul_(0.5), randn(outFeatures, rank, dtype: type, generator: generator).mul_(0.5), scaling);
    }

    public static Tensor Input(int seed, ScalarType type, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, dtype: type, generator: generator);
    }

    /// <summary>What a composition of a layer computes, by its definition: <c>x·(W₀ + Σ wₙΔWₙ)ᵀ + b</c>.</summary>
    public static Tensor Formula(Tensor x, Linear layer, IReadOnlyList<LoraDelta?> modules, Tensor weights)
    {
        var output = layer.call(x);
        for (int n = 0; n < modules.Count; n++)
            if (modules[n] is { } m) output = output.add(x.matmul(m.ToDense().t()).mul(weights[n]));
        return output;
    }
}
