using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>What the methods that start from the mean of the modules have in common; a LoRA is trained on top where that is asked for.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public abstract class CompositionMethod : ITuningMethod
{
    private protected CompositionMethod(string form, WeightSharing? sharing, bool residual, int? from = null)
    {
        (Sharing, Residual, From) = (sharing ?? WeightSharing.None, residual, from);
        Name = $"{form}{(Sharing == WeightSharing.None ? "" : $"-{Sharing.Name}")}{(residual ? "+lora" : "")}";
    }

    /// <summary>The form, with the sharing and the LoRA where there are: <c>unconstrained-model+lora</c>.</summary>
    public virtual string Name { get; }

    /// <inheritdoc/>
    public StartingPoint Start => From is { } module ? StartFrom(module) : StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    private protected WeightSharing Sharing { get; }

    private protected bool Residual { get; }

    /// <summary>The module that the weights start from; null where it is the mean of all.</summary>
    private protected int? From { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ITuningMethod> Starts(int modules) => From is null && modules > 1 ? [this, .. Enumerable.Range(0, modules).Select(Beginning).OfType<ITuningMethod>()] : [this];

    /// <inheritdoc/>
    public virtual IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options) => [this];

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ScaleOwnRate(Residual ? options with { ResidualLearningRate = factor * options.ResidualLearningRate } : options, factor);
    }

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        var composition = Attach(model, modules, trainHead: model.HasHead());
        if (Residual) composition.AddResidual(options.Lora, seed);
        return Tune(composition, options, (options.ResidualLearningRate, options.WeightDecay));
    }

    private protected abstract TuningOptions ScaleOwnRate(TuningOptions options, double factor);

    /// <summary>This method with weights that start from one module; null where there is none.</summary>
    private protected virtual CompositionMethod? Beginning(int module) => null;

    private protected virtual StartingPoint StartFrom(int module) => StartingPoint.SingleModule(module);

    private protected abstract Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead);

    private protected abstract CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual);

    private protected TuningFindings Findings(Composition composition) =>
        new() { Weights = composition.ToWeights(), Start = From is { } module ? composition.AdapterNames[module] : null };
}

/// <summary>
/// The modules' updates weighted by a learned softmax (section 4.2 of arXiv:2402.15414): one vector per layer as there, or one for several layers.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class LearnedComposition : CompositionMethod
{
    // A softmax gives no module everything; at this share it can still move both ways.
    const double StartShare = 0.9;

    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public LearnedComposition(WeightSharing? sharing = null, bool residual = false) : this(sharing, residual, from: null)
    {
    }

    LearnedComposition(WeightSharing? sharing, bool residual, int? from) : base("learned", sharing, residual, from)
    {
    }

    private protected override LearnedComposition Beginning(int module) => new(Sharing, Residual, module);

    private protected override StartingPoint StartFrom(int module) => StartingPoint.LeaningComposition(module, StartShare);

    private protected override TuningOptions ScaleOwnRate(TuningOptions options, double factor) =>
        options with { ComposerLearningRate = factor * options.ComposerLearningRate };

    private protected override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
        Composition.AttachLearned(model, modules, Sharing, From is { } module ? StartingPoint.Leaning(modules.Count, module, StartShare) : null, trainHead);

    private protected override CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual) =>
        new(composition, options.ComposerLearningRate, residual, findings: Findings);
}

/// <summary>The modules' updates with free learned coefficients, drawn to where they start by a penalty: one vector per layer, or one for several layers.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class UnconstrainedComposition : CompositionMethod
{
    readonly double? penalty;

    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public UnconstrainedComposition(WeightSharing? sharing = null, bool residual = false) : this(sharing, residual, from: null, penalty: null)
    {
    }

    UnconstrainedComposition(WeightSharing? sharing, bool residual, int? from, double? penalty) : base("unconstrained", sharing, residual, from) =>
        this.penalty = penalty;

    /// <summary>The form, and where one of several penalties was taken that one: <c>unconstrained-model@30</c>.</summary>
    public override string Name => penalty is { } taken ? string.Create(CultureInfo.InvariantCulture, $"{base.Name}@{taken}") : base.Name;

    /// <summary>One candidate for each of the penalties to choose from.</summary>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">The settings with the penalties.</param>
    /// <returns>At least one method.</returns>
    public override IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return penalty is null && options.CoefficientPenalties.Count > 1
            ? [.. options.CoefficientPenalties.Select(taken => new UnconstrainedComposition(Sharing, Residual, From, taken))] : [this];
    }

    private protected override UnconstrainedComposition Beginning(int module) => new(Sharing, Residual, module, penalty);

    private protected override TuningOptions ScaleOwnRate(TuningOptions options, double factor) =>
        options with { CoefficientLearningRate = factor * options.CoefficientLearningRate };

    private protected override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
        Composition.AttachUnconstrained(model, modules, Sharing, From is { } module ? StartingPoint.Leaning(modules.Count, module, 1) : null, trainHead);

    private protected override CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual) =>
        new(composition, options.CoefficientLearningRate, residual, penalty ?? options.CoefficientPenalties[0], Findings);
}

/// <summary>The mean of the modules' updates, fixed; the head trains over it (section 4.1 of arXiv:2402.15414).</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class UniformComposition : CompositionMethod
{
    /// <summary>Chooses the form.</summary>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public UniformComposition(bool residual = false) : base("uniform", sharing: null, residual)
    {
    }

    // With a LoRA on top its rate is the one that matters.
    private protected override TuningOptions ScaleOwnRate(TuningOptions options, double factor) =>
        Residual ? options : ClassifierTuning.ScaleHeadRates(options, factor);

    private protected override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
        Composition.AttachUniform(model, modules, trainHead);

    private protected override CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual) =>
        new(composition, residual: residual);
}
