using LoraComposition.Benchmarks;
using TorchSharp;

// Prints ratios measured in one run; run it on an otherwise idle machine.
//   dotnet run -c Release --project tests/LoraComposition.Benchmarks -- [composed] [merged] [attention] [load] [generation] [t5] [--rounds N] [--modules 1,5,25,100] [--threads N] [--batch N] [--layers N] [--t5-layers N]
if (args is [LoadCheckpoint.ChildArgument, var folder])
{
    LoadCheckpoint.PrintPeak(folder);
    return 0;
}
var options = BenchmarkOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine("Usage: LoraComposition.Benchmarks [composed] [merged] [attention] [load] [generation] [t5] [--rounds N] [--modules 1,5,25,100] [--threads N] [--batch N] [--layers N] [--t5-layers N]");
    return 2;
}

torch.set_num_threads(options.Threads);
Console.WriteLine($"ViT-B/32 of {options.Layers} layers, batch {options.Batch}, float32, CPU, {options.Threads} threads, median of {options.Rounds} interleaved rounds");
if (options.Runs("merged")) MergedInference.Run(options);
if (options.Runs("attention")) AttentionKernels.Run(options);
if (options.Runs("load")) LoadCheckpoint.Run(options);
if (options.Runs("generation")) Generation.Run(options);
if (options.Runs("t5")) T5ComposedStep.Run(options);
if (options.Runs("composed")) ComposedStep.Run(options);
return 0;
