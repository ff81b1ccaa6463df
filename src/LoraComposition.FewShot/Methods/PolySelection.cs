using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// Poly (arXiv:2202.13914) and MHR (arXiv:2211.03831) on frozen modules: the modules' factors A and B mixed apart, at each layer by a selector that is learned.
/// </summary>
/// <remarks>
/// It starts at the mean of the factors; the rate of the selectors is <see cref="TuningOptions.ComposerLearningRate"/>. All modules must adapt the same layers with
/// one rank. Immutable, and safe to use from several threads.
/// </remarks>
public sealed class PolySelection : ITuningMethod
{
    readonly int heads;

    /// <summary>Chooses the form.</summary>
    /// <param name="heads">The parts of each layer that are selected for apart; they divide its inputs and outputs. Default 1, which is Poly.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is not even one.</exception>
    public PolySelection(int heads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        this.heads = heads;
    }

    /// <summary><c>poly</c>, or with several heads <c>mhr</c>.</summary>
    public string Name => heads == 1 ? "poly" : "mhr";

    /// <summary>The mean of the factors.</summary>
    public StartingPoint Start { get; } = new MergedComposition(new FactorMeanMerge()).Start;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with { ComposerLearningRate = factor * options.ComposerLearningRate };
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The modules differ in their layers or ranks, or the heads do not divide a layer.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return new Tuning(PolyComposition.Attach(model, modules, heads, model.HasHead()), options.ComposerLearningRate);
    }

    sealed class Tuning(PolyComposition composition, double rate) : ITuning
    {
        public IReadOnlyList<TrainableGroup> Trained { get; } = [new TrainableGroup(composition.TrainableParameters(), rate)];

        public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

        public CompositionWeights ToWeights() => composition.ToWeights();

        public TuningFindings ToFindings() => new() { Weights = composition.ToWeights() };

        public void Dispose() => composition.Dispose();
    }
}
