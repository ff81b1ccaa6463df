using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// Tries the methods that earn their place and keeps the one of the lowest held-out loss: the head alone over the base, over the mean and over each single
/// module, then free coefficients, a LoRA on top of the mean, and both together. The cheap ones come first, as a budget may end the search.
/// </summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class AutomaticChoice : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "auto";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>What is tried, in this order.</summary>
    public static IReadOnlyList<ITuningMethod> Methods { get; } =
    [
        new UniformComposition(), new ClassifierTuning(), new BestSingleModule(), new UnconstrainedComposition(WeightSharing.Model),
        new UniformComposition(residual: true), new UnconstrainedComposition(WeightSharing.Model, residual: true),
    ];

    /// <summary>The same for a T5, which has no head: the base as it is in place of a head over it.</summary>
    public static IReadOnlyList<ITuningMethod> TextMethods { get; } = [.. Methods.Select(method => method is ClassifierTuning ? new ZeroShot() : method)];

    /// <summary>What is tried where there are no modules: a head over the base, and a LoRA of its own.</summary>
    public static IReadOnlyList<ITuningMethod> MethodsWithoutModules { get; } = [new ClassifierTuning(), new LoraFromScratch()];

    /// <summary>The same for a T5: the base as it is, and a LoRA of its own.</summary>
    public static IReadOnlyList<ITuningMethod> TextMethodsWithoutModules { get; } = [new ZeroShot(), new LoraFromScratch()];

    /// <summary>The <see cref="Methods"/>, each single module as a candidate of its own; of one module the mean is the module.</summary>
    /// <param name="modules">The number of modules.</param>
    /// <param name="options">The settings; each choice of those that hold several is a candidate of its own.</param>
    /// <returns>The methods to train.</returns>
    public IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options) =>
        [.. Methods.Where(method => modules > 1 || method is not BestSingleModule).SelectMany(method => method.Candidates(modules, options))];

    /// <summary>Changes nothing: every candidate has a rate of its own.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="factor">Passed over.</param>
    /// <returns>The same settings.</returns>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

    /// <summary>Is refused: held-out samples have to choose among the <see cref="Candidates"/>, so train with a trainer.</summary>
    /// <param name="model">Passed over.</param>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">Passed over.</param>
    /// <param name="seed">Passed over.</param>
    /// <returns>Nothing, so the caller owns nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        throw new NotSupportedException($"Method '{Name}' chooses among candidates; train it with a trainer, which tries each.");
}
