using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;

namespace Analysis.Data;

/// <summary>The options that choose the tasks: label sets of one data set, or data sets by name.</summary>
sealed class TaskOptions
{
    readonly LabelDataOptions labels = new();
    readonly Option<int> splits = new("--splits") { Description = "Into how many sets the labels of --data are split: the last is downstream, the others are the upstream tasks.", DefaultValueFactory = _ => 6 };
    readonly Option<string?> upstream = new("--upstream") { Description = $"Instead of --data: data sets to train modules for, NAME=DIR with commas between: {string.Join(", ", ImageBenchmarks.All.Select(b => b.Name))}, or under any other name your own, <class>/* with or without train/ and test/." };
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
        if (modules is null && task is null) return (new LabelSets(data, sets), data.Files is null);
        if (modules is null || task is null) throw new UsageException($"{(modules is null ? downstream : upstream).Name} is given without {(modules is null ? upstream : downstream).Name}.");
        if (((Option[])[.. labels.All, splits]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other) throw new UsageException($"{other.Name} is given with --upstream, which names the tasks already.");
        var (named, choice) = NamedData.Read(NamedDataKind.Images, data: null, modules, task);
        string learned = choice.Downstream[0];
        return (new NamedSets([.. named.Where(set => choice.UpstreamOf(learned).Contains(set.Name))], named.Single(set => set.Name == learned)), false);
    }
}
