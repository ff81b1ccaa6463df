using System.Globalization;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Benchmarks;

/// <summary>Adapters as files: N of a ViT's opened and read, and large ones composed without a model, against plain reads and writes of as many bytes.</summary>
static class AdapterFolders
{
    const int Rank = 16;

    // Llama-7B: every linear layer of 32 blocks.
    const int Blocks = 32, Hidden = 4096, Intermediate = 11008, Large = 4;

    public static void Run(BenchmarkOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("lora-composition-");
        try
        {
            Open(options, Path.Combine(folder.FullName, "small"));
            Compose(options, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static void Open(BenchmarkOptions options, string folder)
    {
        int count = options.Modules.Max();
        using (var model = BenchmarkModel.Create(options))
        {
            for (int n = 0; n < count; n++)
            {
                using var module = BenchmarkModel.Adapters(model, 1, seed: n)[0];
                module.Save(Path.Combine(folder, n.ToString("D4", CultureInfo.InvariantCulture)));
            }
        }
        string[] files = [.. Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)];
        var seconds = Stopwatches.Interleaved(options.Rounds, () => Array.ForEach(files, LoadCheckpoint.PlainRead), () => Dispose(AdapterFile.OpenAll(folder)), () => LoraAdapter.LoadAll(folder).Dispose());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} adapters of rank {Rank}, {Bytes(files) / (1 << 20):F0} MiB, warm cache: open {1000 * Stopwatches.Median(seconds[1]):F0} ms, read them all {1000 * Stopwatches.Median(seconds[2]):F0} ms, plain read {1000 * Stopwatches.Median(seconds[0]):F0} ms"));
    }

    static void Compose(BenchmarkOptions options, string folder)
    {
        string[] adapters = [.. Enumerable.Range(0, Large).Select(n => Path.Combine(folder, $"large-{n}"))];
        foreach (var (n, adapter) in adapters.Index()) WriteLarge(adapter, seed: n);
        string[] files = [.. adapters.Select(adapter => Path.Combine(adapter, "adapter_model.safetensors"))];
        string target = Path.Combine(folder, "mean");
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            void Save()
            {
                var opened = adapters.Select(adapter => AdapterFile.Open(adapter, options: new AdapterLoadOptions { AnyArchitecture = true })).ToArray();
                new AdapterMerge(opened, new MeanMerge()).Save(target, new AdapterMergeOptions { Dtype = dtype });
                Dispose(opened);
            }
            Save();
            double bytes = new FileInfo(Path.Combine(target, "adapter_model.safetensors")).Length;
            var seconds = Stopwatches.Interleaved(options.Rounds, () => Array.ForEach(files, LoadCheckpoint.PlainRead), () => Array.ForEach(files, Hash), () => Write(Path.Combine(folder, "plain"), (long)bytes), Save);
            double[] medians = [.. seconds.Select(Stopwatches.Median)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"mean of {Large} adapters of rank {Rank} for Llama-7B, {Bytes(files) / (1 << 20):F0} MiB, into {bytes / (1 << 20):F0} MiB of {dtype}: {medians[3]:F2} s; plain read (warm) {medians[0]:F2} s, its SHA-256 {medians[1]:F2} s, plain write to the disk {medians[2]:F2} s; compose ÷ the three {Stopwatches.Ratio(seconds[3], [.. seconds[0].Select((read, i) => read + seconds[1][i] + seconds[2][i])]):F2}"));
        }
    }

    static void WriteLarge(string folder, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using var writer = new AdapterFileWriter(folder, new AdapterSaveOptions { Dtype = ScalarType.BFloat16 });
        for (int block = 0; block < Blocks; block++)
        {
            foreach (var (name, outFeatures, inFeatures) in ((string, int, int)[])[
                ("self_attn.q_proj", Hidden, Hidden), ("self_attn.k_proj", Hidden, Hidden), ("self_attn.v_proj", Hidden, Hidden), ("self_attn.o_proj", Hidden, Hidden),
                ("mlp.gate_proj", Intermediate, Hidden), ("mlp.up_proj", Intermediate, Hidden), ("mlp.down_proj", Hidden, Intermediate)])
            {
                using var scope = NewDisposeScope();
                using var delta = new LoraDelta(randn([Rank, inFeatures], generator: generator), randn([outFeatures, Rank], generator: generator), 1);
                writer.Add($"model.layers.{block}.{name}", delta);
            }
        }
        writer.Complete("meta-llama/Llama-2-7b");
    }

    static double Bytes(IEnumerable<string> files) => files.Sum(file => new FileInfo(file).Length);

    static void Dispose(IEnumerable<AdapterFile> files)
    {
        foreach (var file in files) file.Dispose();
    }

    static void Hash(string file)
    {
        using var stream = File.OpenRead(file);
        SHA256.HashData(stream);
    }

    static void Write(string file, long bytes)
    {
        var buffer = new byte[1 << 20];
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write);
        for (long left = bytes; left > 0; left -= buffer.Length) stream.Write(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
        stream.Flush(flushToDisk: true);
    }
}
