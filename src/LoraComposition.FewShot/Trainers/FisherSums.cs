using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Adds up squared derivatives of log-probabilities by the weights that a module adapts, one sample after the other, what is derived drawn from the model's own
/// prediction: whatever the model and its samples are. The module is merged into the model.
/// </summary>
sealed class FisherSums : IDisposable
{
    readonly Dictionary<string, Parameter> weights = new(StringComparer.Ordinal);
    readonly Dictionary<string, Tensor> sums;
    readonly Generator generator;

    FisherSums(IBaseModel model, LoraAdapter adapter, long seed)
    {
        AdapterSite[] sites;
        using (var composition = Composition.AttachUniform(model, [adapter]))
        {
            sites = [.. composition.Layers.Select(layer => layer.Site)];
            composition.MergeIntoBase();
        }
        // Gradients reach the layers that the module adapts alone.
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        foreach (var site in sites)
        {
            var weight = ((Linear)site.Layer).weight!;
            weight.requires_grad = true;
            weights.Add(Enum.GetValues<ModuleSpelling>().Select(site.PathIn).First(adapter.Layers.ContainsKey), weight);
        }
        sums = weights.ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).DetachFromDisposeScope());
        generator = new Generator((ulong)seed, CPU);
    }

    /// <summary>Goes through the samples.</summary>
    /// <param name="model">A fresh copy of the base model, in evaluation mode.</param>
    /// <param name="adapter">The module.</param>
    /// <param name="samples">The positions of the samples.</param>
    /// <param name="logProbabilities">What the model holds each outcome of a sample for, with its graph, <c>[1, outcomes]</c> floating point.</param>
    /// <param name="seed">The seed of the drawn outcomes.</param>
    /// <param name="progress">Is told of each sample.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <returns>The mean squares by the layer's path in the module.</returns>
    public static IReadOnlyDictionary<string, Tensor> Measure(IBaseModel model, LoraAdapter adapter, IReadOnlyList<int> samples, Func<int, Tensor> logProbabilities,
        long seed, IProgressTask? progress, CancellationToken cancellation)
    {
        using var sums = new FisherSums(model, adapter, seed);
        foreach (int sample in samples)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            sums.Add(logProbabilities(sample));
            progress?.Advance();
        }
        return sums.sums.ToDictionary(pair => pair.Key, pair => Mean(pair.Value, samples.Count));
    }

    void Add(Tensor logProbabilities)
    {
        if (!logProbabilities.isfinite().all().item<bool>()) throw new NonFiniteException("The model's outputs are not numbers (NaN); check its weights and those of the adapter.");
        var drawn = multinomial(logProbabilities.detach().exp().cpu(), 1, generator: generator).to(logProbabilities.device);   // [1, 1]
        logProbabilities.gather(1, drawn).sum().backward();
        using var noGrad = no_grad();
        using Scalar one = 1;
        foreach (var (layer, weight) in weights)
        {
            // What nothing reads has none, as the pooling that a classifier of SigLIP keeps.
            if (weight.grad is not { } gradient) continue;
            sums[layer].addcmul_(gradient, gradient, one);
            gradient.zero_();
        }
    }

    static Tensor Mean(Tensor sum, int count)
    {
        using var scope = NewDisposeScope();
        using Scalar samples = count;
        return sum.div(samples).cpu().DetachFromDisposeScope();
    }

    public void Dispose()
    {
        foreach (var sum in sums.Values) sum.Dispose();
        generator.Dispose();
    }
}
