using System.Globalization;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Benchmarks;

/// <summary>A training step of the learned composition against a forward and backward pass through the frozen model.</summary>
static class ComposedStep
{
    public static void Run(BenchmarkOptions options)
    {
        using var model = BenchmarkModel.Create(options);
        var (pixels, labels) = BenchmarkModel.Batch(options);
        // The gradient of the class token makes the backward pass go through every block.
        var token = model.named_parameters().First(p => p.name.EndsWith("class_token", StringComparison.Ordinal)).parameter;

        // On a GPU the loop keeps the outputs of all modules for its backward pass, which do not fit; it is a mark for the CPU.
        bool withNaive = options.Device.type == DeviceType.CPU && options.Dtype == ScalarType.Float32;
        Console.WriteLine($"{"N",4} {"frozen ms",10} {"learned ÷",10} {"naive ÷",10} {"images/s",10} {"peak MiB",10}  order of a layer");
        foreach (int count in options.Modules)
        {
            var adapters = BenchmarkModel.Adapters(model, count);
            var sites = model.Sites.Where(s => adapters[0].Layers.ContainsKey(s.Path)).ToArray();
            var plain = sites.Select(s => (Linear)s.Layer).ToArray();
            var learned = sites.Select((s, i) => new LearnedComposer(plain[i], [.. adapters.Select(a => a.Layers[s.Path])])).ToArray();

            using var learnedOptimizer = optim.AdamW(learned.Select(c => c.Logits).ToArray(), lr: 0.01);
            var frozenStep = Step(model, pixels, labels, sites, plain, token, null);
            var learnedStep = Step(model, pixels, labels, sites, learned, null, learnedOptimizer);

            var seconds = Stopwatches.Interleaved(options.Rounds, frozenStep, learnedStep);
            long? peak = DeviceMemory.Peak(options.Device);
            string looped = withNaive ? Naive() : "-";
            var work = new LayerWork(options.Batch * model.Config.TokenCount, (long)count * BenchmarkModel.Rank, model.Config.HiddenSize, model.Config.HiddenSize);
            var order = options.Dtype.ElementSize() > 2 ? work.Cheapest(training: true) : EvaluationOrder.Stacked;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,4} {1000 * Stopwatches.Median(seconds[0]),10:F1} {Stopwatches.Ratio(seconds[1], seconds[0]),10:F3} {looped,10} {options.Batch / Stopwatches.Median(seconds[1]),10:F1} {peak / (1 << 20),10}  {order}"));

            for (int i = 0; i < sites.Length; i++) sites[i].Replace(plain[i]);
            foreach (var layer in learned) { layer.ReleaseBase(); layer.Dispose(); }
            foreach (var adapter in adapters) adapter.Dispose();

            // The loop takes many times as long, so fewer rounds do.
            string Naive()
            {
                var naive = sites.Select((s, i) => new NaiveComposer(plain[i], [.. adapters.Select(a => a.Layers[s.Path])])).ToArray();
                using var optimizer = optim.AdamW(naive.Select(c => c.Logits).ToArray(), lr: 0.01);
                var loops = Stopwatches.Interleaved(Math.Max(1, options.Rounds / 3), frozenStep, Step(model, pixels, labels, sites, naive, null, optimizer));
                return string.Create(CultureInfo.InvariantCulture, $"{Stopwatches.Ratio(loops[1], loops[0]):F3}");
            }
        }
    }

    static Action Step(VisionTransformer model, Tensor pixels, Tensor labels, IReadOnlyList<AdapterSite> sites, IReadOnlyList<Module<Tensor, Tensor>> layers, Parameter? gradient, optim.Optimizer? optimizer) => () =>
    {
        for (int i = 0; i < sites.Count; i++) sites[i].Replace(layers[i]);
        if (gradient is not null) gradient.requires_grad = true;
        using (NewDisposeScope())
        {
            functional.cross_entropy(model.call(pixels), labels).backward();
            optimizer?.step();
            optimizer?.zero_grad();
        }
        if (gradient is not null)
        {
            gradient.grad = null;
            gradient.requires_grad = false;
        }
    };
}
