using System.Diagnostics;
using System.Globalization;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>Loading a checkpoint of ViT-B/32 against a plain read of its file. Both find the file in the system's cache, which a program cannot empty.</summary>
static class LoadCheckpoint
{
    /// <summary>Makes the program print the peak of one load, which only a process of its own can measure.</summary>
    public const string ChildArgument = "load-peak";

    const string Status = "/proc/self/status";

    public static void Run(BenchmarkOptions options)
    {
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16]) Run(options, dtype);
    }

    static void Run(BenchmarkOptions options, ScalarType dtype)
    {
        var folder = Directory.CreateTempSubdirectory("lora-composition-");
        try
        {
            using (var model = BenchmarkModel.Create(options)) model.Save(folder.FullName, new CheckpointSaveOptions { Dtype = dtype });
            string file = Path.Combine(folder.FullName, "model.safetensors");
            double size = new FileInfo(file).Length;
            var peak = Peak(folder.FullName);
            var seconds = Stopwatches.Interleaved(3 * options.Rounds, () => PlainRead(file), () => VisionTransformer.Load(folder.FullName).Dispose(), () => LoadAndTouch(folder.FullName));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"load, {dtype}, {size / (1 << 20):F0} MiB, warm cache: plain read {1000 * Stopwatches.Median(seconds[0]):F0} ms; load ÷ read {Stopwatches.Ratio(seconds[1], seconds[0]):F3}; load and use every number ÷ read {Stopwatches.Ratio(seconds[2], seconds[0]):F3}; peak memory ÷ file {(peak is { } bytes ? $"{bytes / size:F3}" : "not known here")}"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>How much the peak of a process of its own grows by loading and using every number, mapped pages counted; null where the system does not tell.</summary>
    static double? Peak(string folder)
    {
        if (!File.Exists(Status)) return null;
        string program = Environment.ProcessPath!;
        // Under `dotnet program.dll` the first argument is the program.
        string[] first = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        using var child = Process.Start(new ProcessStartInfo(program, [.. first, ChildArgument, folder]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    /// <summary>Prints the growth in bytes.</summary>
    public static void PrintPeak(string folder)
    {
        // What is loaded and compiled on first use does not count: a model small enough not to matter, in the same type as the file's.
        var small = Directory.CreateTempSubdirectory("lora-composition-");
        var config = new VitConfig { HiddenSize = 64, LayerCount = 1, HeadCount = 1, IntermediateSize = 64, ImageSize = 32 };
        using (var model = VisionTransformer.Create(config, seed: 1))
        {
            foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
            {
                model.Save(small.FullName, new CheckpointSaveOptions { Dtype = dtype });
                LoadAndTouch(small.FullName);
            }
        }
        small.Delete(recursive: true);
        double before = Bytes("VmRSS:");
        LoadAndTouch(folder);
        Console.WriteLine((Bytes("VmHWM:") - before).ToString(CultureInfo.InvariantCulture));
    }

    static double Bytes(string name) =>
        1024 * double.Parse(File.ReadLines(Status).Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    static void LoadAndTouch(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(folder);
        foreach (var parameter in model.parameters()) parameter.sum();
    }

    /// <summary>Reads a file from its beginning to its end.</summary>
    public static void PlainRead(string file)
    {
        var buffer = new byte[1 << 20];
        using var handle = File.OpenHandle(file);
        for (long offset = 0; RandomAccess.Read(handle, buffer, offset) is int read and > 0;) offset += read;
    }
}
