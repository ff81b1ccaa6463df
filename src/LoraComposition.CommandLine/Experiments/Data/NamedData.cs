using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>Data sets that a command line names, each with its folder or file, and the choice among them.</summary>
/// <param name="Sets">The data sets, in their order.</param>
/// <param name="Choice">Which of them are upstream and downstream.</param>
public sealed record NamedData(IReadOnlyList<NamedPath> Sets, TransferChoice Choice)
{
    /// <summary>
    /// Reads and checks what was given. <c>--upstream</c> and <c>--downstream</c> hold names of <c>--data</c>, or data sets of their own as <c>NAME=PATH</c>.
    /// </summary>
    /// <param name="kind">What the data consists of.</param>
    /// <param name="data">The value of <c>--data</c>, with commas between; null where it names none.</param>
    /// <param name="upstream">The value of <c>--upstream</c>; null where it was not given.</param>
    /// <param name="downstream">The value of <c>--downstream</c>; null where it was not given.</param>
    /// <returns>The data sets and the choice.</returns>
    /// <exception cref="UsageException">One cannot be read, is given twice or not known, or there are fewer than two.</exception>
    public static NamedData Read(NamedDataKind kind, string? data, string? upstream, string? downstream)
    {
        var sets = new List<NamedPath>();
        if (data is not null) foreach (string part in Parts(data)) Add(sets, "--data", part, kind);
        string? modules = Names(sets, "--upstream", upstream, kind), learned = Names(sets, "--downstream", downstream, kind);
        if (sets is [var only])
        {
            throw new UsageException($"{(data is null ? "--upstream" : "--data")}: {only.Name}={only.Path}: expected at least two data sets, "
                + "one to learn and others to train modules for.");
        }
        return new(sets, TransferChoice.Read([.. sets.Select(set => set.Name)], modules, learned));
    }

    /// <summary>The names in an option's value, after data sets that it brings have been added.</summary>
    static string? Names(List<NamedPath> sets, string option, string? text, NamedDataKind kind) => text is null ? null
        : string.Join(',', Parts(text).Select(part => NamedPath.Is(part) ? Add(sets, option, part, kind) : sets.Count > 0 ? part
            : throw new UsageException($"{option}: '{part}': expected {(kind == NamedDataKind.Images ? "NAME=DIR" : "NAME=FILE")}, or the name of one in --data.")));

    static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    static string Add(List<NamedPath> sets, string option, string text, NamedDataKind kind)
    {
        var set = NamedPath.Read(option, text, kind);
        // Case does not tell folders apart on every system.
        if (sets.Find(other => other.Name.Equals(set.Name, StringComparison.OrdinalIgnoreCase)) is { } twice)
        {
            throw new UsageException(option != "--downstream" ? $"{option}: {twice.Name} is given twice."
                : $"--downstream {set.Name} is one of the data sets of --upstream or --data, too; give its name alone to choose it.");
        }
        // Data sets that are published together share a folder; one's own would be tested on what its module has seen.
        if (ImageBenchmarks.Find(set.Name) is null && sets.Find(other => SamePlace(other.Path, set.Path)) is { } same)
            throw new UsageException($"{option}: {set.Name} and {same.Name} are the same, {set.Path}.");
        sets.Add(set);
        return set.Name;
    }

    static bool SamePlace(string one, string other) => Whole(one) == Whole(other);

    static string Whole(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
