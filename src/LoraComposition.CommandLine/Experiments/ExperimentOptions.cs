using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Models;

namespace LoraComposition.CommandLine;

/// <summary>The options that all experiments share.</summary>
public sealed class ExperimentOptions
{
    readonly string project;
    readonly Option<string?> model, shots, methods, targets, output;
    readonly Option<int> seeds, rank;
    readonly Option<int?> steps, upstreamEpochs, validation;
    readonly TuningSettingOptions tuning = new();
    readonly ComputeOptions compute = new();
    readonly ProcessOptions processes;
    readonly Option<bool> resume, plan, grid;

    /// <summary>Makes the options.</summary>
    /// <param name="project">The program's project in the repository, for example <c>samples/LabelShift</c>: results say how to repeat them.</param>
    /// <param name="kinds">The defaults of each kind of experiment the program offers, at least one.</param>
    /// <param name="modelDescription">What the model's folder holds.</param>
    /// <param name="shotsDescription">What K counts.</param>
    /// <param name="validationDescription">What is held out.</param>
    public ExperimentOptions(string project, IReadOnlyList<ExperimentDefaults> kinds, string modelDescription, string shotsDescription, string validationDescription)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(project);
        ArgumentNullException.ThrowIfNull(kinds);
        this.project = project;
        processes = new(Path.GetFileName(project));
        string Or(Func<ExperimentDefaults, object> value) =>
            $"Default: {string.Join("; ", kinds.Select(d => $"{(d.Kind.Length > 0 ? $"{d.Kind} " : "")}{value(d)}"))}.";
        model = new("--model") { Description = $"{modelDescription} Default: the small one that comes with the program." };
        shots = new("--shots") { Description = $"{shotsDescription}, for example 1,2,5 or all. {Or(d => d.Shots)}" };
        seeds = new("--seeds") { Description = "The number of seeds, 0 … N-1.", DefaultValueFactory = _ => 3 };
        methods = new("--methods") { Description = $"Of {string.Join(", ", kinds.SelectMany(d => d.KnownMethods).Select(m => m.Name).Distinct())}. {Or(d => Names(d.Methods))}" };
        rank = new("--rank") { Description = "The rank of every LoRA.", DefaultValueFactory = _ => 16 };
        targets = new("--targets") { Description = $"{TargetsReading.Description} {Or(d => d.Targets)}" };
        steps = new("--steps") { Description = $"Training steps of a run. {Or(d => d.Tuning.Training.Steps!)}" };
        upstreamEpochs = new("--upstream-epochs") { Description = $"Passes over an upstream task's samples. {Or(d => d.Upstream.Training.Epochs)}" };
        validation = new("--validation") { Description = $"{validationDescription} {Or(d => d.Validation)}" };
        output = new("--out") { Description = $"The folder of the results. Runs that are there already are not repeated. {Or(d => d.Out)}" };
        resume = new("--resume") { Description = "Go on with the runs in --out; it is an error if there are none." };
        plan = new("--plan") { Description = "Print what there is to do, with an estimate from the runs that are done, and do nothing." };
        grid = new("--grid") { Description = "First choose each method's learning rate on the validation part, by the mean over K and seeds; --out/grid.csv logs the search." };
    }

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [model, shots, seeds, methods, rank, targets, steps, upstreamEpochs, validation, .. tuning.All, .. compute.All, output, resume, plan,
        .. processes.All, grid, .. FeatureCacheOption.All, TimingsOption.Option];

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaults">The defaults of the kind of experiment that was asked for.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public ExperimentSettings Read(ParseResult parsed, ExperimentDefaults defaults)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(defaults);
        string folder = parsed.GetValue(model) ?? Path.Combine(AppContext.BaseDirectory, "base-models", defaults.Model);
        if (!Directory.Exists(folder)) throw new UsageException($"--model {folder}: there is no such folder.");
        var lora = new LoraOptions { Rank = OptionReading.AtLeast(parsed, rank, 1) };
        var roles = TargetsReading.Read(targets.Name, parsed.GetValue(targets) ?? defaults.Targets);
        var upstream = tuning.ReadUpstream(parsed, defaults.Upstream);
        string results = parsed.GetValue(output) ?? defaults.Out;
        if (parsed.GetValue(resume) && !Directory.Exists(ExperimentSettings.RunFolderOf(results)))
            throw new UsageException($"--resume: {results} holds no runs to go on with.");
        var counts = ReadShots(parsed.GetValue(shots) ?? defaults.Shots);
        int[] drawn = [.. Enumerable.Range(0, OptionReading.AtLeast(parsed, seeds, 1))];
        var chosen = parsed.GetValue(methods) is { } named ? ReadMethods(named, defaults.KnownMethods) : defaults.Methods;
        bool planOnly = parsed.GetValue(plan);
        var (shard, group, where) = processes.Read(parsed, compute.Read(parsed), folder, planOnly ? 0 : chosen.Count * counts.Length * drawn.Length, [compute.ThreadCount, ProgramOptions.Verbose, TimingsOption.Option]);
        return new ExperimentSettings
        {
            Model = folder,
            Shots = counts,
            Seeds = drawn,
            Methods = chosen,
            Validation = OptionReading.AtLeast(parsed, validation, 1) ?? defaults.Validation,
            Compute = where,
            IsDemonstration = parsed.GetValue(model) is null,
            Out = results,
            PlanOnly = planOnly,
            Shard = shard,
            Processes = group,
            Grid = parsed.GetValue(grid),
            Features = FeatureCacheOption.Read(parsed),
            Command = ReadCommand(parsed),
            Tuning = WithSteps(tuning.Read(parsed, defaults.Tuning with { Lora = lora, LoraRoles = roles }), OptionReading.AtLeast(parsed, steps, 1)),
            Upstream = upstream with
            {
                Lora = lora,
                LoraRoles = roles,
                Training = upstream.Training with { Epochs = OptionReading.AtLeast(parsed, upstreamEpochs, 1) ?? upstream.Training.Epochs }
            },
        };
    }

    static TuningOptions WithSteps(TuningOptions options, int? given) => options with { Training = options.Training with { Steps = given ?? options.Training.Steps } };

    // Which part this process does, that runs or features were there already and how much is said are no part of the experiment.
    string[] ReadCommand(ParseResult parsed)
    {
        var kept = CommandTokens.Without(parsed, [.. processes.All, resume, ProgramOptions.Verbose, TimingsOption.Option, .. FeatureCacheOption.All]);
        return ["dotnet", "run", "-c", "Release", "--project", project, .. kept.Count > 0 ? ["--"] : Array.Empty<string>(), .. kept];
    }

    static string Names(IReadOnlyList<ITuningMethod> known) => string.Join(',', known.Select(m => m.Name));

    static int?[] ReadShots(string text)
    {
        var counts = text.Split(',', StringSplitOptions.TrimEntries).Select(part => part == "all" ? (int?)null : int.TryParse(part, out int k) && k > 0 ? k
            : throw new UsageException($"--shots {text}: '{part}' is neither a positive number nor 'all'.")).ToArray();
        return counts.Distinct().Count() == counts.Length ? counts : throw new UsageException($"--shots {text}: a number occurs twice.");
    }

    static ITuningMethod[] ReadMethods(string text, IReadOnlyList<ITuningMethod> known)
    {
        var chosen = text.Split(',', StringSplitOptions.TrimEntries).Select(name => known.Find(name)
            ?? throw new UsageException($"--methods {text}: '{name}' is not one of {Names(known)}.")).ToArray();
        return chosen.Distinct().Count() == chosen.Length ? chosen : throw new UsageException($"--methods {text}: a method occurs twice.");
    }
}
