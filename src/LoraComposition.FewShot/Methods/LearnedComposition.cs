using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The modules' updates weighted by one learned softmax vector per layer (section 4.2 of arXiv:2402.15414).</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class LearnedComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "learned";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { ComposerLearningRate = factor * options.ComposerLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CompositionTuning(Composition.AttachLearned(model, modules, trainHead: model.HasHead()), options.ComposerLearningRate,
            composition => new TuningFindings { Weights = composition.ToWeights() });
    }
}

/// <summary>The mean of the modules' updates, fixed; the head trains over it (section 4.1 of arXiv:2402.15414).</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class UniformComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "uniform";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        new CompositionTuning(Composition.AttachUniform(model, modules, model.HasHead()));
}
