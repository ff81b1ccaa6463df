using System.CommandLine;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>The merge method that a command line names, with its settings. Made anew for each command, because an option belongs to one.</summary>
sealed class MethodOptions
{
    readonly Option<string?> method = new("--method")
    {
        Description = $"How to compose. Default: uniform, or with --weights the weighted sum. {string.Join("; ", MergeMethods.All.Select(Describe))}.",
        HelpName = "NAME",
    };

    readonly Option<double?> density = new("--density") { Description = "The part of the entries that a method keeps, in (0, 1].", HelpName = "SHARE" };
    readonly Option<double?> gamma = new("--gamma")
    {
        Description = $"breadcrumbs: the part of the entries, the largest, that is left out. Default {BreadcrumbsMerge.DefaultGamma}.",
        HelpName = "SHARE",
    };
    readonly Option<double?> lambda = new("--lambda") { Description = "A factor in front of the composed update. Default 1: as the method is defined.", HelpName = "X" };
    readonly Option<long?> seed = new("--seed") { Description = "The seed of every random choice; the same seed gives the same result.", HelpName = "N" };

    // Methods of the field that someone may look for here.
    static readonly Dictionary<string, string> elsewhere = new(StringComparer.Ordinal)
    {
        ["arrow"] = "Arrow gives each token weights of its own, which no adapter and no checkpoint can hold; attach it in a program with RoutedComposition.AttachArrow.",
        ["lorahub"] = Learned,
        ["greedy-soup"] = Learned,
        ["ratatouille"] = Learned,
        ["poly"] = Learned,
        ["mhr"] = Learned,
        ["learned"] = Learned,
    };

    const string Learned = "it learns from samples of the new task; give them to 'lora-compose adapt --method'.";

    /// <summary>The options, in the order of the help.</summary>
    public IEnumerable<Option> All => [method, density, gamma, lambda, seed];

    /// <summary>Reads what the command line gives; null where it names no method.</summary>
    /// <exception cref="UsageException">There is no such method, or it lacks or does not take a setting, or one lies outside its range.</exception>
    public MethodChoice? Read(ParseResult parsed)
    {
        var settings = new MergeSettings { Density = parsed.GetValue(density), Gamma = parsed.GetValue(gamma), Lambda = parsed.GetValue(lambda), Seed = parsed.GetValue(seed) };
        var given = new (string Name, bool Is)[] { ("density", settings.Density is not null), ("gamma", settings.Gamma is not null), ("lambda", settings.Lambda is not null), ("seed", settings.Seed is not null) };
        if (parsed.GetValue(method) is not { } name)
            return given.FirstOrDefault(setting => setting.Is) is { Name: { } alone } ? throw new UsageException($"--{alone}: this is a setting of a --method; give one.") : null;
        if (elsewhere.TryGetValue(name, out string? why)) throw new UsageException($"--method {name}: {why}");
        var info = MergeMethods.Find(name)
            ?? throw new UsageException($"--method {name}: expected one of {string.Join(", ", MergeMethods.All.Select(known => known.Name))}.");
        foreach (string needed in info.Needs.Where(needed => needed != MethodChoice.Fisher && !given.Any(setting => setting.Is && setting.Name == needed)))
            throw new UsageException($"--method {name} needs --{needed}, as in --{needed} {(needed == "seed" ? "0" : "0.3")}.");
        if (given.FirstOrDefault(setting => setting.Is && !info.Needs.Contains(setting.Name) && !info.Takes.Contains(setting.Name)) is { Name: { } extra })
            throw new UsageException($"--method {name} takes no --{extra}; leave it out.");
        var choice = new MethodChoice(info, settings);
        choice.Check();
        return choice;
    }

    static string Describe(MergeMethodInfo info)
    {
        string[] needs = [.. info.Needs.Where(need => need != MethodChoice.Fisher)];
        return $"{info.Name}: {info.Summary}{(needs.Length == 0 ? "" : $" (--{string.Join(", --", needs)})")}";
    }
}

/// <summary>A merge method that is made once the adapters are known.</summary>
sealed record MethodChoice(MergeMethodInfo Info, MergeSettings Settings)
{
    /// <summary>The setting that lies in files beside the adapters.</summary>
    public const string Fisher = "fisher";

    /// <summary>Makes the method for some adapters.</summary>
    /// <param name="open">Opens what lies beside each adapter, where the method needs it. The method reads from it.</param>
    public MergeMethod Create(Func<IReadOnlyList<FisherFile>> open) =>
        Info.Create(Info.Needs.Contains(Fisher) ? Settings with { Fisher = open() } : Settings);

    /// <exception cref="UsageException">A setting lies outside its range.</exception>
    public void Check()
    {
        try
        {
            Create(() => []);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--method {Info.Name}: {FailureText.Of(e).Replace(Environment.NewLine, " ")}");
        }
    }
}
