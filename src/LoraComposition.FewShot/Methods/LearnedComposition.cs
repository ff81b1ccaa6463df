using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The modules' updates weighted by one learned softmax vector per layer (section 4.2 of arXiv:2402.15414).</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class LearnedComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "learned";

    /// <inheritdoc/>
    public BackboneStart Start => BackboneStart.UniformComposition;

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
        return new Tuning(Composition.AttachLearned(model, modules), options.ComposerLearningRate);
    }

    sealed class Tuning(Composition composition, double learningRate) : ITuning
    {
        public TrainableGroup? Body { get; } = new(composition.TrainableParameters(), learningRate);

        public object? Describe() => new
        {
            modules = composition.AdapterNames,
            weights = composition.ReadWeights().ToDictionary(w => w.Site.Path, w => w.Weights),
        };

        public IDisposable? FixForEvaluation() => composition.FixWeights();

        public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

        public CompositionWeights ToWeights() => composition.ToWeights();

        public void Dispose() => composition.Dispose();
    }
}
