namespace LoraComposition.CommandLine;

/// <summary>Which of several data sets are learned from few samples, and which modules are trained for.</summary>
public sealed class TransferChoice
{
    readonly IReadOnlyList<string> names;
    readonly IReadOnlyList<string>? upstream;
    readonly string? downstream;

    TransferChoice(IReadOnlyList<string> names, IReadOnlyList<string>? upstream, string? downstream) =>
        (this.names, this.upstream, this.downstream) = (names, upstream, downstream);

    /// <summary>The data sets to learn: the one that was asked for, else each in turn that is not upstream.</summary>
    public IReadOnlyList<string> Downstream => downstream is null ? [.. names.Except(upstream ?? [])] : [downstream];

    /// <summary>The data sets to train modules for: those that were asked for, else all others.</summary>
    /// <param name="learned">One of <see cref="Downstream"/>.</param>
    /// <returns>Their names, in their order.</returns>
    public IReadOnlyList<string> UpstreamOf(string learned) => upstream ?? [.. names.Where(name => name != learned)];

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="names">What there is.</param>
    /// <param name="upstream">The value of <c>--upstream</c>, names with commas between; null where it was not given.</param>
    /// <param name="downstream">The value of <c>--downstream</c>, a name; null where it was not given.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="UsageException">A name is not known, is given twice, or is both; or nothing is left to learn.</exception>
    public static TransferChoice Read(IReadOnlyList<string> names, string? upstream, string? downstream)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[]? modules = upstream?.Split(',', StringSplitOptions.TrimEntries);
        foreach (string name in modules ?? []) CheckKnown("--upstream", name, names);
        if (downstream is not null) CheckKnown("--downstream", downstream, names);
        if (modules?.CountBy(name => name).FirstOrDefault(name => name.Value > 1) is { Value: > 1 } twice)
            throw new UsageException($"--upstream: {twice.Key} is given twice.");
        // A module that has seen the downstream samples would make the result look better than it is.
        if (downstream is not null && modules?.Contains(downstream) == true)
            throw new UsageException($"--downstream {downstream} is one of the data sets of --upstream, too.");
        if (modules is not null && downstream is null && modules.Length == names.Count)
            throw new UsageException($"--upstream {upstream} leaves nothing to learn; name one with --downstream.");
        return new(names, modules, downstream);
    }

    static void CheckKnown(string option, string name, IReadOnlyList<string> names)
    {
        if (!names.Contains(name)) throw new UsageException($"{option} {name}: expected one of {string.Join(", ", names)}.");
    }
}
