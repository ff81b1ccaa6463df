namespace LoraComposition;

/// <summary>The settings of merge methods as people give them; null where one is not given.</summary>
public sealed record MergeSettings
{
    /// <summary>The part of the entries that is kept, in (0, 1].</summary>
    public double? Density { get; init; }

    /// <summary>The part of the largest entries that Breadcrumbs leaves out, in [0, 1].</summary>
    public double? Gamma { get; init; }

    /// <summary>The factor in front of the composed update.</summary>
    public double? Lambda { get; init; }

    /// <summary>The seed of what is drawn at random.</summary>
    public long? Seed { get; init; }

    /// <summary>The Fisher diagonals, one per module. They stay the caller's.</summary>
    public IReadOnlyList<IFisherDiagonal>? Fisher { get; init; }
}

/// <summary>A merge method by its name, and what it asks for.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class MergeMethodInfo
{
    readonly Func<MergeSettings, MergeMethod> make;

    internal MergeMethodInfo(string name, string summary, IReadOnlyList<string> needs, IReadOnlyList<string> takes, Func<MergeSettings, MergeMethod> make) =>
        (Name, Summary, Needs, Takes, this.make) = (name, summary, needs, takes, make);

    /// <summary>The name on the command line and in files.</summary>
    public string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public string Summary { get; }

    /// <summary>The settings that must be given.</summary>
    public IReadOnlyList<string> Needs { get; }

    /// <summary>The settings that may be given besides; <c>lambda</c> is one of every method.</summary>
    public IReadOnlyList<string> Takes { get; }

    /// <summary>Makes the method.</summary>
    /// <param name="settings">Its settings.</param>
    /// <returns>The method.</returns>
    /// <exception cref="ArgumentException">A setting is missing, or one is given that the method does not take, or lies outside its range.</exception>
    public MergeMethod Create(MergeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string[] given = [.. Given(settings)];
        if (Needs.FirstOrDefault(name => !given.Contains(name)) is { } missing)
            throw new ArgumentException($"Method '{Name}' needs a {missing}, which is not given.", nameof(settings));
        if (given.FirstOrDefault(name => !Needs.Contains(name) && !Takes.Contains(name)) is { } extra)
            throw new ArgumentException($"Method '{Name}' takes no {extra}; leave it out.", nameof(settings));
        return make(settings);
    }

    static IEnumerable<string> Given(MergeSettings settings)
    {
        if (settings.Density is not null) yield return "density";
        if (settings.Gamma is not null) yield return "gamma";
        if (settings.Lambda is not null) yield return "lambda";
        if (settings.Seed is not null) yield return "seed";
        if (settings.Fisher is not null) yield return "fisher";
    }
}

/// <summary>The merge methods that come with the library. One's own is a subclass of <see cref="MergeMethod"/>.</summary>
public static class MergeMethods
{
    /// <summary>Every method, in the order of the documentation.</summary>
    public static IReadOnlyList<MergeMethodInfo> All { get; } =
    [
        Method("uniform", "the mean of the updates, exactly", s => new MeanMerge(Lambda(s))),
        Method("weighted", "the sum of the updates times the weights that are given", s => new WeightedMerge(Lambda(s))),
        Method("task-arithmetic", "the sum of the updates times lambda", s => new TaskArithmeticMerge(Lambda(s))),
        Method("ties", "the largest entries, the elected sign, the mean of those that have it", s => new TiesMerge(s.Density!.Value, Lambda(s)), ["density"]),
        Method("dare", "entries dropped at random, the others rescaled, the sum", s => new DareMerge(s.Density!.Value, s.Seed!.Value, lambda: Lambda(s)), ["density", "seed"]),
        Method("dare-ties", "entries dropped at random, then the elected sign", s => new DareMerge(s.Density!.Value, s.Seed!.Value, ties: true, Lambda(s)), ["density", "seed"]),
        Method("magnitude", "the largest entries of each update, the sum", s => new MagnitudeMerge(s.Density!.Value, Lambda(s)), ["density"]),
        Method("breadcrumbs", "the very largest and the small entries left out, the sum",
            s => new BreadcrumbsMerge(s.Density!.Value, s.Gamma ?? BreadcrumbsMerge.DefaultGamma, Lambda(s)), ["density"], ["gamma"]),
        Method("knots-ties", "ties in the space that the updates share, by one SVD", s => new KnotsMerge(s.Density!.Value, Lambda(s)), ["density"]),
        Method("knots-mean", "the mean in that space, which is the mean", s => new KnotsMerge(null, Lambda(s))),
        Method("core-space-ties", "ties of the small cores between common bases", s => new CoreSpaceMerge(s.Density!.Value, Lambda(s)), ["density"]),
        Method("core-space-mean", "the mean of the cores, which is the mean", s => new CoreSpaceMerge(null, Lambda(s))),
        Method("factor-mean", "the mean of A and of B apart (PEFT's linear); not the mean of the updates", s => new FactorMeanMerge(Lambda(s))),
        Method("fisher", "the mean weighted entry by entry by each module's Fisher information", s => new FisherMerge(s.Fisher!, Lambda(s)), ["fisher"]),
    ];

    /// <summary>Finds a method.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The method; null where none has that name.</returns>
    public static MergeMethodInfo? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    static double Lambda(MergeSettings settings) => settings.Lambda ?? 1;

    static MergeMethodInfo Method(string name, string summary, Func<MergeSettings, MergeMethod> make, string[]? needs = null, string[]? takes = null) =>
        new(name, summary, needs ?? [], ["lambda", .. takes ?? []], make);
}
