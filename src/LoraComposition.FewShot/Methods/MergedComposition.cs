using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// What a merge method makes of the modules, fixed; the head trains over it. Its factor λ, and its density where it has one, are chosen by held-out loss: task
/// arithmetic with one λ by validation (arXiv:2212.04089) is one of these. What is drawn at random, as DARE's entries, depends on the seed of the training.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class MergedComposition : ITuningMethod
{
    readonly MergeMethodInfo? info;   // null for a given method
    readonly MergeMethod? given;
    readonly MergeSettings? picked;   // one of several choices, which the name tells
    readonly MergeSettings? settled;   // all that a training depends on
    readonly IReadOnlyDictionary<string, string>? notes;   // in place of the method's settings

    /// <summary>Chooses a method by its name.</summary>
    /// <param name="method">One of <see cref="MergeMethods.All"/> that needs nothing but the modules, for example <c>ties</c>.</param>
    /// <exception cref="ArgumentException">There is none of this name, or it needs more than the modules.</exception>
    public MergedComposition(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        info = MergeMethods.Find(method) ?? throw new ArgumentException($"There is no merge method '{method}'; there are {string.Join(", ", MergeMethods.All.Select(known => known.Name))}.", nameof(method));
        if (info.Needs.FirstOrDefault(need => need is not (DensityName or SeedName)) is { } need)
            throw new ArgumentException($"Merge method '{method}' needs a {need}, which no setting of a training gives; make the {nameof(MergeMethod)} and give that.", nameof(method));
    }

    /// <summary>Takes a method with its settings as they are; nothing is chosen.</summary>
    /// <param name="method">The method.</param>
    public MergedComposition(MergeMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        given = method;
    }

    internal MergedComposition(MergeMethod method, IReadOnlyDictionary<string, string> notes) : this(method) => this.notes = notes;

    MergedComposition(MergeMethodInfo info, MergeSettings? picked, MergeSettings? settled) => (this.info, this.picked, this.settled) = (info, picked, settled);

    const string DensityName = "density", SeedName = "seed";

    /// <summary>The merge method, and one of several settings where those are tried: <c>ties@0.2x0.3</c> has density 0.2 and λ = 0.3, <c>task-arithmetic@0.3</c> has no density.</summary>
    public string Name => picked is null ? Method
        : string.Create(CultureInfo.InvariantCulture, $"{Method}@{(picked.Density is { } density ? string.Create(CultureInfo.InvariantCulture, $"{density}x") : "")}{picked.Lambda}");

    /// <summary>The modules as they are merged in a training; before one, with the first of the default settings and seed 0.</summary>
    public StartingPoint Start => given is not null ? new GivenStart(given) : new MergedStart(info!, SettingsOf(new TuningOptions(), 0));

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    string Method => given?.Name ?? info!.Name;

    /// <summary>One candidate for each of the settings to choose from.</summary>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">The settings with the factors and densities.</param>
    /// <returns>At least one method.</returns>
    public IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (info is null || picked is not null) return [this];
        double?[] densities = info.Needs.Contains(DensityName) ? [.. options.MergeDensities.Cast<double?>()] : [null];
        MergeSettings[] choices = [.. densities.SelectMany(density => options.MergeLambdas.Select(lambda => new MergeSettings { Density = density, Lambda = lambda }))];
        return choices.Length == 1 ? [this] : [.. choices.Select(choice => new MergedComposition(info, choice, settled: null))];
    }

    /// <summary>Takes the settings and the seed of the training.</summary>
    /// <param name="trials">The training.</param>
    /// <returns>The method with those.</returns>
    public SearchOutcome Search(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        return new(info is null ? this : new MergedComposition(info, picked, SettingsOf(trials.Options, trials.Seed)));
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        var method = given ?? info!.Create(SettingsOf(options, seed));
        return new FrozenComposition(Composition.AttachMerged(model, modules, method, trainHead: model.HasHead()),
            notes ?? method.Settings.Append(new("lambda", method.Lambda)).DistinctBy(setting => setting.Key)
                .ToDictionary(setting => setting.Key, setting => setting.Value.ToString(CultureInfo.InvariantCulture)));
    }

    MergeSettings SettingsOf(TuningOptions options, int seed) => settled ?? new MergeSettings
    {
        Density = info!.Needs.Contains(DensityName) ? picked?.Density ?? options.MergeDensities[0] : null,
        Lambda = picked?.Lambda ?? options.MergeLambdas[0],
        Seed = info.Needs.Contains(SeedName) ? seed : null,
    };

    sealed record MergedStart(MergeMethodInfo Info, MergeSettings Settings) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachMerged(model, modules, Info.Create(Settings));

        internal override string? Contents(ModuleContents modules) => Settings.Fisher is not null ? null
            : string.Create(CultureInfo.InvariantCulture, $"merged {Info.Name} {Settings.Density:R} {Settings.Gamma:R} {Settings.Lambda:R} {Settings.Seed} {modules.All}");
    }

    sealed record GivenStart(MergeMethod Method) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachMerged(model, modules, Method);
    }
}
