using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Arrow (arXiv:2405.11157): each token is given to the modules that have most to say about it; the head trains over it.</summary>
/// <remarks>No adapter and no plain model computes the same, so the result can be measured but not kept. Immutable, and safe to use from several threads.</remarks>
public sealed class ArrowRouting : ITuningMethod
{
    /// <summary>Chooses how a token is given away.</summary>
    /// <param name="options">How many modules a token is given, and the softmax's temperature; defaults where not given.</param>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    public ArrowRouting(ArrowOptions? options = null)
    {
        options?.Validate();
        Start = new Routed(options ?? new ArrowOptions());
    }

    /// <inheritdoc/>
    public string Name => "arrow";

    /// <inheritdoc/>
    public StartingPoint Start { get; }

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <summary>False: no adapter computes what a router does.</summary>
    public bool KeepsBase => false;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Tuning(((Routed)Start).Attach(model, modules, trainHead: model.HasHead()));
    }

    sealed record Routed(ArrowOptions Options) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Attach(model, modules, trainHead: false);

        public RoutedComposition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, bool trainHead) =>
            RoutedComposition.AttachArrow(model, modules, Options, trainHead);
    }

    sealed class Tuning(RoutedComposition composition) : ITuning
    {
        public IReadOnlyList<TrainableGroup> Trained => [];

        public LoraAdapter ToAdapter(string name) => throw new NotSupportedException(
            "Arrow weighs the modules for each token, so no adapter computes the same: it can be measured, not kept. Take a method with fixed weights, such as uniform or learned.");

        public void Dispose() => composition.Dispose();
    }
}
