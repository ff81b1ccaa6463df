using System.Diagnostics;
using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>
/// N modules that lie in files: the peak of memory above the base model's while all are composed, while some are chosen, and while weights over these are learned.
/// Each N has a process of its own, each step a peak of its own.
/// </summary>
static class HundredsOfModules
{
    /// <summary>Makes the program print the peaks of one N.</summary>
    public const string ChildArgument = "hundreds-peak";

    // ViT-B/32's layers over small pictures: a thousand passes of features take minutes, and what modules take does not depend on them.
    const int Side = 64;

    const int Chosen = 10, TrainingSteps = 3, Shots = 2;

    public static void Run(BenchmarkOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("lora-composition-");
        try
        {
            using (var model = VisionTransformer.Create(new VitConfig { LayerCount = options.Layers, ImageSize = Side }, seed: 1))
            {
                model.Save(Path.Combine(folder.FullName, "base"));
                for (int n = 0; n < options.Modules.Max(); n++)
                {
                    using var module = BenchmarkModel.Adapters(model, 1, seed: n)[0];
                    module.Save(ModuleFolder(folder.FullName, n));
                }
            }
            double size = Directory.EnumerateFiles(ModuleFolder(folder.FullName, 0)).Sum(file => new FileInfo(file).Length) / (double)(1 << 20);
            Console.WriteLine($"{"N",5} {"files MiB",10}   peak MiB above the base: {"mean",8} {"weighted",10} {$"choose {Chosen}",10} {$"learn over {Chosen}",14} {"seconds",9}");
            foreach (int count in options.Modules)
            {
                string[] peaks = Child(folder.FullName, count, options).Split(' ');
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,5} {count * size,10:F0}   {"",24} {peaks[0],9} {peaks[1],10} {peaks[2],10} {peaks[3],14} {peaks[4],9}"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static string Child(string folder, int count, BenchmarkOptions options)
    {
        string program = Environment.ProcessPath!;
        // Under `dotnet program.dll` the first argument is the program.
        string[] first = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        string[] numbers = [.. new[] { count, options.Threads, options.Batch }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        using var child = Process.Start(new ProcessStartInfo(program, [.. first, ChildArgument, folder, .. numbers]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"The process of {count} modules ended with {child.ExitCode}.");
    }

    /// <summary>Prints the four peaks in MiB, and the seconds of all.</summary>
    public static void PrintPeaks(string folder, int count, int threads, int batch)
    {
        set_num_threads(threads);
        string[] modules = [.. Enumerable.Range(0, count).Select(n => ModuleFolder(folder, n))];
        var baseModel = ImageBaseModel.Open(Path.Combine(folder, "base"));
        using var model = baseModel.Load(["a", "b"], headSeed: 0);
        using var pixels = randn(batch, 3, model.Config.ImageSize, model.Config.ImageSize);
        using (no_grad()) model.call(pixels).Dispose();
        double start = DeviceMemory.Resident();
        var clock = Stopwatch.StartNew();
        RankedModule[] chosen = [];
        double[] peaks =
        [
            Peak(() => Compose(modules, Path.Combine(folder, "mean"), weights: null)),
            Peak(() => Compose(modules, Path.Combine(folder, "weighted"), [.. modules.Select((_, n) => (n + 1.0) / count)])),
            Peak(() => chosen = Choose(baseModel, modules)),
            Peak(() => Learn(model, [.. chosen.Select(ranked => modules[ranked.Module])], pixels)),
        ];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', peaks.Select(peak => ((peak - start) / (1 << 20)).ToString("F0", CultureInfo.InvariantCulture)))} {clock.Elapsed.TotalSeconds:F0}"));
    }

    static double Peak(Action step)
    {
        DeviceMemory.ForgetPeak();
        step();
        return DeviceMemory.Peak(CPU)!.Value;
    }

    static void Compose(IReadOnlyList<string> modules, string target, IReadOnlyList<double>? weights)
    {
        AdapterFile[] files = [.. modules.Select(module => AdapterFile.Open(module))];
        new AdapterMerge(files, new MeanMerge(), weights is null ? null : _ => weights).Save(target);
        foreach (var file in files) file.Dispose();
        Directory.Delete(target, recursive: true);
    }

    /// <summary>What the features under a module are worth does not depend on the other modules, so they are read in parts.</summary>
    static RankedModule[] Choose(ImageBaseModel baseModel, IReadOnlyList<string> modules)
    {
        var pictures = new NoisePictures(baseModel.Preprocessing.Size);
        var samples = FewShotSamples.OfImages(pictures, Shots, validationPerClass: 0);
        using var images = new PreprocessedImages(pictures, baseModel.Preprocessing);
        var best = new List<RankedModule>();
        foreach (var part in modules.Index().Chunk(Chosen))
        {
            using var read = new AdapterCollection(part.Select(module => LoraAdapter.Load(module.Item)));
            using var trainer = new ImageTrainer(baseModel, images, read);
            best.AddRange(trainer.ChooseModules(new FeatureAlignment(), samples, read.Count).Select(ranked => ranked with { Module = part[ranked.Module].Index }));
        }
        return [.. best.OrderByDescending(ranked => ranked.Score).Take(Chosen)];
    }

    static void Learn(VisionTransformer model, IReadOnlyList<string> modules, Tensor pixels)
    {
        using var read = new AdapterCollection(modules.Select(module => LoraAdapter.Load(module)));
        using var composition = Composition.AttachLearned(model, read);
        using var optimizer = optim.AdamW([.. composition.TrainableParameters()], lr: 0.01);
        using var labels = randint(0, 2, [pixels.shape[0]]);
        for (int step = 0; step < TrainingSteps; step++)
        {
            using var scope = NewDisposeScope();
            nn.functional.cross_entropy(model.call(pixels), labels).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    static string ModuleFolder(string folder, int number) => Path.Combine(folder, "modules", number.ToString("D4", CultureInfo.InvariantCulture));
}
