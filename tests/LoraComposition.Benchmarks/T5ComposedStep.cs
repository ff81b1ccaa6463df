using System.Globalization;
using LoraComposition.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>A training step of the learned composition of three adapters on a T5 against a forward and backward pass through the frozen model.</summary>
static class T5ComposedStep
{
    const int Modules = 3, Batch = 8, TextLength = 128, AnswerLength = 16;

    public static void Run(BenchmarkOptions options)
    {
        using var frozen = T5BenchmarkModel.Create(options);
        using var composed = T5BenchmarkModel.Create(options);
        var (ids, labels) = (T5BenchmarkModel.Ids(Batch, TextLength), T5BenchmarkModel.Ids(Batch, AnswerLength));
        // The gradients of the first norms make the backward pass go through every block of encoder and decoder.
        var norms = frozen.named_parameters().Where(p => p.name.EndsWith("blocks.0.norm_before.weight", StringComparison.Ordinal)).Select(p => p.parameter).ToArray();
        if (norms.Length != 2) throw new InvalidOperationException($"Expected the first norm of encoder and decoder, found {norms.Length}.");
        foreach (var norm in norms) norm.requires_grad = true;
        using var composition = Composition.AttachLearned(composed, T5BenchmarkModel.Adapters(composed, Modules));
        using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.01);

        var seconds = Stopwatches.Interleaved(options.Rounds, Step(frozen, ids, labels, () => { foreach (var norm in norms) norm.grad = null; }), Step(composed, ids, labels, () => { optimizer.step(); optimizer.zero_grad(); }));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"T5 step, Flan-T5-base's shape with {options.T5Layers} + {options.T5Layers} layers, batch {Batch}, {TextLength} + {AnswerLength} tokens, N = {Modules} on q and v: frozen {1000 * Stopwatches.Median(seconds[0]):F0} ms; learned ÷ frozen {Stopwatches.Ratio(seconds[1], seconds[0]):F3}"));
    }

    static Action Step(T5Model model, Tensor ids, Tensor labels, Action update) => () =>
    {
        using var scope = NewDisposeScope();
        model.Loss(ids, null, labels).backward();
        update();
    };
}
