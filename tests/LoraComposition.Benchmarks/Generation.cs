using System.Globalization;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>Generation with a cache of keys and values against computing each sequence as a whole in every step.</summary>
static class Generation
{
    const int TextLength = 64;

    public static void Run(BenchmarkOptions options)
    {
        using var model = T5BenchmarkModel.Create(options);
        Console.WriteLine($"generation, T5 of Flan-T5-base's shape with {options.T5Layers} + {options.T5Layers} layers, texts of {TextLength} tokens");
        foreach (var (batch, beams) in new[] { (1, 1), (8, 1), (2, 4) })
        {
            var ids = T5BenchmarkModel.Ids(batch, TextLength);
            foreach (int length in new[] { 32, 64 })
            {
                var cached = new GenerationOptions { MaxLength = length, Beams = beams };
                long tokens = 0;
                Action Generate(GenerationOptions how) => () => tokens = model.Generate(ids, null, how).Sum(result => (long)result.Best.Ids.Count);
                var seconds = Stopwatches.Interleaved(options.Rounds, Generate(cached), Generate(cached with { UseCache = false }));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  batch {batch}, {beams} beam(s), {length} tokens: cached {tokens / Stopwatches.Median(seconds[0]):F0} tokens/s, uncached {tokens / Stopwatches.Median(seconds[1]):F0} tokens/s; uncached ÷ cached time {Stopwatches.Ratio(seconds[1], seconds[0]):F2}"));
            }
        }
    }
}
