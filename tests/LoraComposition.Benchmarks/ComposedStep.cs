using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Benchmarks;

/// <summary>A training step of the learned composition, as the trainers make it, against a forward and backward pass through the frozen model.</summary>
static class ComposedStep
{
    // The loop keeps the outputs of all modules for its backward pass: over 23 GB for 100 modules and 32 images. So it gets fewer images, and the frozen model with it.
    const int MostNaiveOutputs = 800;

    public static void Run(BenchmarkOptions options)
    {
        using var model = BenchmarkModel.Create(options);
        // The loop's outputs do not fit on a GPU; it is a mark for the CPU.
        bool withNaive = options.Device.type == DeviceType.CPU && options.Dtype == ScalarType.Float32;
        Console.WriteLine($"{"N",4} {"frozen ms",10} {"learned ÷",10} {"naive ÷",18} {"images/s",10} {"peak MiB",10} {"operations",12}  order of a layer");
        foreach (int count in options.Modules)
        {
            var adapters = BenchmarkModel.Adapters(model, count);
            using var step = new Layers(model, adapters);
            var (frozenStep, learnedStep) = (step.Frozen(Batch(options, options.Batch)), step.Learned(Batch(options, options.Batch)));
            var seconds = Stopwatches.Interleaved(options.Rounds, frozenStep, learnedStep);
            long? peak = DeviceMemory.Peak(options.Device);
            string operations = OperationCounts.IsSupported ? $"{Count(learnedStep)}/{Count(frozenStep)}" : "-";
            string looped = "-";
            if (withNaive)
            {
                int batch = Math.Clamp(MostNaiveOutputs / count, 1, options.Batch);
                // The loop takes many times as long, so fewer rounds do.
                var loops = Stopwatches.Interleaved(Math.Max(1, options.Rounds / 3), step.Frozen(Batch(options, batch)), step.Naive(Batch(options, batch)));
                looped = string.Create(CultureInfo.InvariantCulture, $"{Stopwatches.Ratio(loops[1], loops[0]):F3}{(batch < options.Batch ? $" (batch {batch})" : "")}");
            }
            var work = new LayerWork(options.Batch * model.Config.TokenCount, (long)count * BenchmarkModel.Rank, model.Config.HiddenSize, model.Config.HiddenSize);
            var order = options.Dtype.ElementSize() > 2 ? work.Cheapest(training: true) : EvaluationOrder.Stacked;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,4} {1000 * Stopwatches.Median(seconds[0]),10:F1} {Stopwatches.Ratio(seconds[1], seconds[0]),10:F3} {looped,18} {options.Batch / Stopwatches.Median(seconds[1]),10:F1} {peak / (1 << 20),10} {operations,12}  {order}"));
            foreach (var adapter in adapters) adapter.Dispose();
        }
    }

    static (Tensor Pixels, Tensor Labels) Batch(BenchmarkOptions options, int batch) => BenchmarkModel.Batch(options with { Batch = batch });

    static int Count(Action step)
    {
        using var counts = new OperationCounts();
        step();
        return counts.Kernels;
    }

    /// <summary>The adapted layers of a model in three forms, one of which is in their place in each step.</summary>
    sealed class Layers : IDisposable
    {
        readonly VisionTransformer model;
        readonly AdapterSite[] sites;
        readonly Linear[] plain;
        readonly LearnedComposer[] learned;
        readonly NaiveComposer[] naive;
        readonly TrainingStep learnedTraining, naiveTraining;

        public Layers(VisionTransformer model, LoraAdapter[] adapters)
        {
            this.model = model;
            sites = [.. model.Sites.Where(s => adapters[0].Layers.ContainsKey(s.Path))];
            plain = [.. sites.Select(s => (Linear)s.Layer)];
            learned = [.. sites.Select((s, i) => new LearnedComposer(plain[i], [.. adapters.Select(a => a.Layers[s.Path])]))];
            WeightGroup.Link(learned);    // as a composition does
            naive = [.. sites.Select((s, i) => new NaiveComposer(plain[i], [.. adapters.Select(a => a.Layers[s.Path])]))];
            learnedTraining = new TrainingStep([new TrainableGroup([.. learned.Select(c => c.Logits)], 0.01)], clipNorm: null);
            naiveTraining = new TrainingStep([new TrainableGroup([.. naive.Select(c => c.Logits)], 0.01)], clipNorm: null);
        }

        public Action Learned((Tensor, Tensor) batch) => () => Train(learnedTraining, learned, batch);

        public Action Naive((Tensor, Tensor) batch) => () => Train(naiveTraining, naive, batch);

        /// <summary>Forward and backward through the frozen model: the gradient of the class token makes the backward pass go through every block.</summary>
        public Action Frozen((Tensor, Tensor) batch) => () =>
        {
            Put(plain);
            var token = model.named_parameters().First(p => p.name.EndsWith("class_token", StringComparison.Ordinal)).parameter;
            token.requires_grad = true;
            using (NewDisposeScope()) Loss(batch).backward();
            token.grad = null;
            token.requires_grad = false;
        };

        void Train(TrainingStep training, IReadOnlyList<Module<Tensor, Tensor>> layers, (Tensor, Tensor) batch)
        {
            Put(layers);
            using (NewDisposeScope()) training.Run(1, () => Loss(batch));
        }

        Tensor Loss((Tensor Pixels, Tensor Labels) batch) => functional.cross_entropy(model.call(batch.Pixels), batch.Labels);

        void Put(IReadOnlyList<Module<Tensor, Tensor>> layers)
        {
            for (int i = 0; i < sites.Length; i++) sites[i].Replace(layers[i]);
        }

        public void Dispose()
        {
            Put(plain);
            learnedTraining.Dispose();
            naiveTraining.Dispose();
            foreach (var layer in learned) { layer.ReleaseBase(); layer.Dispose(); }
        }
    }
}
