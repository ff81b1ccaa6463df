using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// Model ratatouille (arXiv:2212.10445): each module is trained further on the samples, with the head that is fitted over it, and the mean of the N tuned updates is
/// taken, whole updates, exactly; a head is then fitted over the mean. It costs N trainings.
/// </summary>
/// <remarks>The rate is <see cref="TuningOptions.LoraLearningRate"/>. It has no state of its own, so several threads may use it.</remarks>
public sealed class Ratatouille : ITuningMethod
{
    const string RatatouilleName = "ratatouille";

    /// <inheritdoc/>
    public string Name => RatatouilleName;

    /// <summary>The mean of the modules; in a training that of the tuned ones.</summary>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Trains each module further.</summary>
    /// <param name="trials">The training.</param>
    /// <returns>The mean of the tuned modules, which live as long as its trained model.</returns>
    public SearchOutcome Search(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var tuned = new List<LoraAdapter>();
        try
        {
            for (int n = 0; n < trials.Modules.Count; n++) tuned.Add(trials.Train(new ContinuedModule(n), $"{trials.Modules[n].Name}, tuned")!);
            var kept = new AdapterCollection(tuned);
            return new(new TunedMean(kept)) { Kept = kept };
        }
        catch
        {
            foreach (var adapter in tuned) adapter.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ScaleLoraRate(options, factor);

    /// <summary>Is refused: the modules are trained on samples first, so train with a trainer.</summary>
    /// <param name="model">Passed over.</param>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">Passed over.</param>
    /// <param name="seed">Passed over.</param>
    /// <returns>Nothing, so the caller owns nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        throw new NotSupportedException($"Method '{Name}' trains every module on samples first; train it with a trainer.");

    static TuningOptions ScaleLoraRate(TuningOptions options, double factor) => options with { LoraLearningRate = factor * options.LoraLearningRate };

    /// <summary>One module, trained further.</summary>
    sealed class ContinuedModule(int module) : ITuningMethod
    {
        public string Name => $"{RatatouilleName}-{module + 1}";

        public StartingPoint Start { get; } = StartingPoint.SingleModule(module);

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => ScaleLoraRate(options, factor);

        // The head that may be saved with the module is that of another task, so the model keeps its own.
        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
        {
            var tuning = LoraTuning.Continue(model, modules[module], options.Lora.Dropout);
            return new ParameterTuning(new TrainableGroup(tuning.TrainableParameters(), options.LoraLearningRate, options.WeightDecay), tuning);
        }
    }

    /// <summary>The mean of the tuned modules.</summary>
    sealed class TunedMean(AdapterCollection tuned) : ITuningMethod
    {
        public string Name => RatatouilleName;

        public StartingPoint Start { get; } = new TunedMeanStart(tuned);

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => ScaleLoraRate(options, factor);

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
            new CompositionTuning(Composition.AttachUniform(model, tuned, model.HasHead()));
    }

    sealed record TunedMeanStart(AdapterCollection Tuned) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachUniform(model, Tuned);
    }
}
