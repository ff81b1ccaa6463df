using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The mean of the modules' updates, fixed; the head trains over it (section 4.1 of arXiv:2402.15414).</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class UniformComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "uniform";

    /// <inheritdoc/>
    public BackboneStart Start => BackboneStart.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { HeadWarmUpLearningRate = factor * options.HeadWarmUpLearningRate, HeadLearningRate = factor * options.HeadLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) => new Tuning(Composition.AttachUniform(model, modules));

    sealed class Tuning(Composition composition) : ITuning
    {
        public TrainableGroup? Body => null;

        public object? Describe() => null;

        public IDisposable? FixForEvaluation() => null;

        public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

        public CompositionWeights ToWeights() => composition.ToWeights();

        public void Dispose() => composition.Dispose();
    }
}
