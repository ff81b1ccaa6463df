using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>What the methods that start from the mean of the modules have in common; a LoRA is trained on top where that is asked for.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public abstract class CompositionMethod : ITuningMethod
{
    private protected CompositionMethod(string form, WeightSharing? sharing, bool residual)
    {
        (Sharing, Residual) = (sharing ?? WeightSharing.None, residual);
        Name = $"{form}{(Sharing == WeightSharing.None ? "" : $"-{Sharing.Name}")}{(residual ? "+lora" : "")}";
    }

    /// <summary>The form, with the sharing and the LoRA where there are: <c>unconstrained-model+lora</c>.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    private protected WeightSharing Sharing { get; }

    private protected bool Residual { get; }

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

    private protected abstract Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead);

    private protected abstract CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual);

    private protected static TuningFindings Findings(Composition composition) => new() { Weights = composition.ToWeights() };
}

/// <summary>
/// The modules' updates weighted by a learned softmax (section 4.2 of arXiv:2402.15414): one vector per layer as there, or one for several layers.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class LearnedComposition : CompositionMethod
{
    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public LearnedComposition(WeightSharing? sharing = null, bool residual = false) : base("learned", sharing, residual)
    {
    }

    private protected override TuningOptions ScaleOwnRate(TuningOptions options, double factor) =>
        options with { ComposerLearningRate = factor * options.ComposerLearningRate };

    private protected override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
        Composition.AttachLearned(model, modules, Sharing, trainHead: trainHead);

    private protected override CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual) =>
        new(composition, options.ComposerLearningRate, residual, findings: Findings);
}

/// <summary>The modules' updates with free learned coefficients, drawn to 1/N by a penalty: one vector per layer, or one for several layers.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class UnconstrainedComposition : CompositionMethod
{
    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public UnconstrainedComposition(WeightSharing? sharing = null, bool residual = false) : base("unconstrained", sharing, residual)
    {
    }

    private protected override TuningOptions ScaleOwnRate(TuningOptions options, double factor) =>
        options with { CoefficientLearningRate = factor * options.CoefficientLearningRate };

    private protected override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
        Composition.AttachUnconstrained(model, modules, Sharing, trainHead: trainHead);

    private protected override CompositionTuning Tune(Composition composition, TuningOptions options, (double LearningRate, double WeightDecay) residual) =>
        new(composition, options.CoefficientLearningRate, residual, options.CoefficientPenalty, Findings);
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
