using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>Inference of the merged model, and of the composition with its weights fixed, against the base model.</summary>
static class MergedInference
{
    public static void Run(BenchmarkOptions options)
    {
        using var noGrad = no_grad();
        using var model = BenchmarkModel.Create(options);
        using var merged = BenchmarkModel.Create(options);
        using var uniform = BenchmarkModel.Create(options);
        var (pixels, _) = BenchmarkModel.Batch(options);
        var adapters = BenchmarkModel.Adapters(model, 5);
        using (var composition = Composition.AttachLearned(merged, adapters)) composition.MergeIntoBase();
        using var attached = Composition.AttachUniform(uniform, adapters);

        var seconds = Stopwatches.Interleaved(3 * options.Rounds, () => model.call(pixels).Dispose(), () => merged.call(pixels).Dispose(), () => uniform.call(pixels).Dispose());
        Console.WriteLine($"inference, N = 5: base {1000 * Stopwatches.Median(seconds[0]):F0} ms; merged ÷ base {Stopwatches.Ratio(seconds[1], seconds[0]):F3}; uniform, attached ÷ base {Stopwatches.Ratio(seconds[2], seconds[0]):F3}");
    }
}
