using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>The fused attention kernel against the explicit products, forward and backward, on the shapes the models use.</summary>
static class AttentionKernels
{
    public static void Run(BenchmarkOptions options)
    {
        Console.WriteLine("attention, explicit ÷ fused (below 1: the explicit products are faster)");
        foreach (var (batch, heads, tokens, width) in new[] { (32, 12, 50, 64), (32, 12, 197, 64), (128, 3, 37, 64), (128, 4, 17, 32), (8, 12, 577, 64) })
        {
            foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
            {
                var inputs = Enumerable.Range(0, 3).Select(_ => randn(batch, heads, tokens, width, dtype: type).requires_grad_()).ToArray();
                Action Step(Func<Tensor, Tensor, Tensor, Tensor> attend, bool backward) => () =>
                {
                    using var mode = set_grad_enabled(backward);
                    using var scope = NewDisposeScope();
                    var output = attend(inputs[0], inputs[1], inputs[2]);
                    if (backward) output.sum().backward();
                };
                var training = Stopwatches.Interleaved(4 * options.Rounds, Step((q, k, v) => AttentionKernel.Fused(q, k, v), true), Step((q, k, v) => AttentionKernel.Explicit(q, k, v), true));
                var inference = Stopwatches.Interleaved(4 * options.Rounds, Step((q, k, v) => AttentionKernel.Fused(q, k, v), false), Step((q, k, v) => AttentionKernel.Explicit(q, k, v), false));
                Console.WriteLine($"  batch {batch,3}, {heads,2} heads, {tokens,3} tokens, width {width}, {type,-8}: training {Stopwatches.Ratio(training[1], training[0]):F2}, inference {Stopwatches.Ratio(inference[1], inference[0]):F2}");
            }
        }
    }
}
