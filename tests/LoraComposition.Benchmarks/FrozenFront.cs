using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Benchmarks;

/// <summary>A training step of learned weights whose modules adapt the last blocks alone: pictures through the whole model, against kept hidden states.</summary>
static class FrozenFront
{
    const int Modules = 5;

    public static void Run(BenchmarkOptions options)
    {
        using var model = BenchmarkModel.Create(options);
        var preprocessing = ImagePreprocessing.Default with { Size = model.Config.ImageSize };
        using var images = new PreprocessedImages(new NoisePictures(preprocessing.Size), preprocessing);
        int[] batch = [.. Enumerable.Range(0, options.Batch).Select(i => i % images.Dataset.Count)];
        using var labels = images.Labels(batch, options.Device);
        using var pixels = images.Batch(batch, options.Device, options.Dtype);
        foreach (int first in new[] { 0, options.Layers / 2 })
        {
            var adapters = BenchmarkModel.Adapters(model, Modules, firstLayer: first);
            using var composition = Composition.AttachLearned(model, adapters);
            using var training = new TrainingStep([new TrainableGroup(composition.TrainableParameters(), 0.01)], clipNorm: null);
            using var states = new HiddenStates(options.Batch);
            int frozen = model.FrozenBlocks;
            void Step(Func<Tensor> logits)
            {
                using var scope = NewDisposeScope();
                training.Run(1, () => functional.cross_entropy(logits(), labels));
            }
            var seconds = Stopwatches.Interleaved(options.Rounds, () => Step(() => model.call(pixels)),
                () => Step(() => states.Logits(model, frozen, images, batch, new PictureView[batch.Length])));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"blocks {first + 1} to {options.Layers} adapted by {Modules} modules: a step of the whole model {1000 * Stopwatches.Median(seconds[0]):F0} ms; from kept states ÷ whole {Stopwatches.Ratio(seconds[1], seconds[0]):F3}"));
            foreach (var adapter in adapters) adapter.Dispose();
        }
    }
}
