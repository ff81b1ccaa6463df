using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// The modules' updates weighted by a learned softmax (section 4.2 of arXiv:2402.15414): one vector per layer as there, or one for several layers; with a LoRA
/// trained on top where that is asked for.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class LearnedComposition : ITuningMethod
{
    readonly WeightSharing sharing;
    readonly bool residual;

    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public LearnedComposition(WeightSharing? sharing = null, bool residual = false) => (this.sharing, this.residual) = (sharing ?? WeightSharing.None, residual);

    /// <summary><c>learned</c>, with the sharing and the LoRA where there are: <c>learned-model+lora</c>.</summary>
    public string Name => CompositionMethod.Name("learned", sharing, residual);

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => CompositionMethod.ScaleResidual(residual, options, factor)
        with
    { ComposerLearningRate = factor * options.ComposerLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        var composition = Composition.AttachLearned(model, modules, sharing, trainHead: model.HasHead());
        if (residual) composition.AddResidual(options.Lora, seed);
        return new CompositionTuning(composition, options.ComposerLearningRate, CompositionMethod.Residual(options), findings: CompositionMethod.Findings);
    }
}

/// <summary>
/// The modules' updates with free learned coefficients, drawn to 1/N by a penalty: one vector per layer, or one for several layers; with a LoRA trained on top
/// where that is asked for.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class UnconstrainedComposition : ITuningMethod
{
    readonly WeightSharing sharing;
    readonly bool residual;

    /// <summary>Chooses the form.</summary>
    /// <param name="sharing">Which layers share a vector; each has its own where not given.</param>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public UnconstrainedComposition(WeightSharing? sharing = null, bool residual = false) =>
        (this.sharing, this.residual) = (sharing ?? WeightSharing.None, residual);

    /// <summary><c>unconstrained</c>, with the sharing and the LoRA where there are: <c>unconstrained-model+lora</c>.</summary>
    public string Name => CompositionMethod.Name("unconstrained", sharing, residual);

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => CompositionMethod.ScaleResidual(residual, options, factor)
        with
    { CoefficientLearningRate = factor * options.CoefficientLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        var composition = Composition.AttachUnconstrained(model, modules, sharing, trainHead: model.HasHead());
        if (residual) composition.AddResidual(options.Lora, seed);
        return new CompositionTuning(composition, options.CoefficientLearningRate, CompositionMethod.Residual(options), options.CoefficientPenalty,
            CompositionMethod.Findings);
    }
}

/// <summary>
/// The mean of the modules' updates, fixed; the head trains over it (section 4.1 of arXiv:2402.15414), and a LoRA on top where that is asked for.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class UniformComposition : ITuningMethod
{
    readonly bool residual;

    /// <summary>Chooses the form.</summary>
    /// <param name="residual">Whether a LoRA is trained on top. Default false.</param>
    public UniformComposition(bool residual = false) => this.residual = residual;

    /// <summary><c>uniform</c>, or <c>uniform+lora</c>.</summary>
    public string Name => CompositionMethod.Name("uniform", WeightSharing.None, residual);

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => residual
        ? CompositionMethod.ScaleResidual(residual, options, factor)
        : ClassifierTuning.ScaleHeadRates(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        var composition = Composition.AttachUniform(model, modules, model.HasHead());
        if (residual) composition.AddResidual(options.Lora, seed);
        return new CompositionTuning(composition, residual: CompositionMethod.Residual(options));
    }
}

/// <summary>What the methods that compose modules have in common.</summary>
static class CompositionMethod
{
    public static string Name(string form, WeightSharing sharing, bool residual) =>
        $"{form}{(sharing == WeightSharing.None ? "" : $"-{sharing.Name}")}{(residual ? "+lora" : "")}";

    public static (double LearningRate, double WeightDecay) Residual(TuningOptions options) => (options.ResidualLearningRate, options.WeightDecay);

    public static TuningOptions ScaleResidual(bool residual, TuningOptions options, double factor) =>
        residual ? options with { ResidualLearningRate = factor * options.ResidualLearningRate } : options;

    public static TuningFindings Findings(Composition composition) => new() { Weights = composition.ToWeights() };
}
