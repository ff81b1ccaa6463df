using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;

namespace Analysis.Data;

/// <summary>The options that choose the tasks: label sets of one data set, or published data sets by name.</summary>
sealed class TaskOptions
{
    readonly LabelDataOptions labels = new();
    readonly Option<int> splits = new("--splits") { Description = "Into how many sets the labels of --data are split: the last is downstream, the others are the upstream tasks.", DefaultValueFactory = _ => 6 };
    readonly Option<string?> upstream = new("--upstream") { Description = $"Instead of --data: data sets to train modules for, NAME=DIR with commas between, of {string.Join(", ", ImageBenchmarks.All.Select(b => b.Name))}." };
    readonly Option<string?> downstream = new("--downstream") { Description = "With --upstream: the data set to learn and to test on, NAME=DIR." };

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [.. labels.All, splits, upstream, downstream];

    /// <summary>Reads and checks what was given.</summary>
    /// <returns>The tasks, and whether they are the ones that come with the program.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public (ITaskSource Source, bool Embedded) Read(ParseResult parsed)
    {
        int sets = OptionReading.AtLeast(parsed, splits, 2);
        var data = labels.Read(parsed);
        var (modules, task) = (parsed.GetValue(upstream), parsed.GetValue(downstream));
        if (modules is null && task is null) return (new LabelSets(data, sets), data.Source == DataSource.Embedded);
        if (modules is null || task is null) throw new UsageException($"{(modules is null ? downstream : upstream).Name} is given without {(modules is null ? upstream : downstream).Name}.");
        if (((Option[])[.. labels.All, splits]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other) throw new UsageException($"{other.Name} is given with --upstream, which names the tasks already.");
        var (named, tested) = (BenchmarkFolder.ReadList(upstream.Name, modules), BenchmarkFolder.Read(downstream.Name, task));
        // A module that has seen the downstream images would make the result look better than it is.
        if (named.Any(set => set.Benchmark.Name == tested.Benchmark.Name)) throw new UsageException($"--downstream {tested.Benchmark.Name} is one of the data sets of --upstream, too.");
        return (new NamedSets(named, tested), false);
    }
}
