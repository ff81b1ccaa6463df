using LoraComposition;
using LoraComposition.Benchmarks;
using TorchSharp;

// Prints ratios measured in one run; run it on an otherwise idle machine.
//   dotnet run -c Release --project tests/LoraComposition.Benchmarks -- [composed] [merged] [attention] [load] [generation] [t5] [front] [hundreds] [adapters] [--rounds N] [--modules 1,5,25,100] [--threads N] [--batch N] [--layers N] [--t5-layers N] [--device cpu|cuda|cuda:N] [--dtype float32|bfloat16] [--tf32 true|false]
if (args is [LoadCheckpoint.ChildArgument, var folder])
{
    TorchBackend.LoadFromEnvironment();
    LoadCheckpoint.PrintPeak(folder);
    return 0;
}
if (args is [HundredsOfModules.ChildArgument, var modules, .. var numbers])
{
    TorchBackend.LoadFromEnvironment();
    int[] read = [.. numbers.Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
    HundredsOfModules.PrintPeaks(modules, count: read[0], threads: read[1], batch: read[2]);
    return 0;
}
BenchmarkOptions? options;
try
{
    TorchBackend.LoadFromEnvironment();
    options = BenchmarkOptions.Parse(args);
}
catch (Exception e) when (e is TorchBackendException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
if (options is null)
{
    Console.Error.WriteLine("Usage: LoraComposition.Benchmarks [composed] [merged] [attention] [load] [generation] [t5] [front] [hundreds] [adapters] [--rounds N] [--modules 1,5,25,100] [--threads N] [--batch N] [--layers N] [--t5-layers N] [--device cpu|cuda|cuda:N] [--dtype float32|bfloat16] [--tf32 true|false]");
    return 2;
}

torch.set_num_threads(options.Threads);
if (options.Device.type == DeviceType.CUDA)
{
    ComputeDevice.AllowTf32 = options.Tf32;
    Stopwatches.WaitForDevice = () => torch.cuda.synchronize(options.Device);
}
Console.WriteLine($"ViT-B/32 of {options.Layers} layers, batch {options.Batch}, {options.Dtype}, {ComputeDevice.Describe(options.Device)}, {options.Threads} threads, median of {options.Rounds} interleaved rounds");
if (options.Runs("merged")) MergedInference.Run(options);
if (options.Runs("attention")) AttentionKernels.Run(options);
if (options.Runs("load")) LoadCheckpoint.Run(options);
if (options.Runs("generation")) Generation.Run(options);
if (options.Runs("t5")) T5ComposedStep.Run(options);
if (options.Runs("front")) FrozenFront.Run(options);
if (options.Runs("hundreds")) HundredsOfModules.Run(options);
if (options.Runs("adapters")) AdapterFolders.Run(options);
if (options.Runs("composed")) ComposedStep.Run(options);
return 0;
