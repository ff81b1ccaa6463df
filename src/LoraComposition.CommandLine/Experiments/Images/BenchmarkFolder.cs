using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>A published data set in a folder, as a command line gives it: <c>cifar100=DIR</c>.</summary>
/// <param name="Benchmark">The data set.</param>
/// <param name="Folder">Its folder, which exists.</param>
public sealed record BenchmarkFolder(ImageBenchmark Benchmark, string Folder)
{
    /// <summary>Opens the data set.</summary>
    /// <returns>Its images, under its name.</returns>
    /// <exception cref="DataException">The files are missing or damaged.</exception>
    public NamedImages Open() => new(Benchmark.Name, Benchmark.Open(Folder));

    /// <summary>Reads several with commas between, each data set at most once.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">What was given.</param>
    /// <returns>The data sets, in their order.</returns>
    /// <exception cref="UsageException">One is not known, is given twice or has no folder.</exception>
    public static IReadOnlyList<BenchmarkFolder> ReadList(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        BenchmarkFolder[] sets = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part => Read(option, part))];
        return sets.GroupBy(set => set.Benchmark.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new UsageException($"{option}: {twice.Key} is given twice.") : sets;
    }

    /// <summary>Reads one.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">What was given.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="UsageException">It is not known or has no folder.</exception>
    public static BenchmarkFolder Read(string option, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Split('=', 2) is not [var name, { Length: > 0 } folder])
            throw new UsageException($"{option}: '{text}': expected NAME=DIR, for example cifar100=cifar-100-binary.");
        var benchmark = ImageBenchmarks.Find(name)
            ?? throw new UsageException($"{option}: '{name}' is not one of {string.Join(", ", ImageBenchmarks.All.Select(b => b.Name))}.");
        return Directory.Exists(folder) ? new BenchmarkFolder(benchmark, folder) : throw new UsageException($"{option}: {name}={folder}: there is no such folder.");
    }
}
