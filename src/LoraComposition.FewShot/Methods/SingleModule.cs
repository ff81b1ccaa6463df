using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>One of the upstream modules as it is, without the others; the head trains over it.</summary>
sealed class SingleModule : ITuningMethod
{
    readonly int module;

    /// <summary>Chooses the module.</summary>
    /// <param name="module">Its position among all, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    public SingleModule(int module)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(module);
        (this.module, Start) = (module, new SingleModuleStart(module));
    }

    /// <summary>The module, counted from 1: <c>single-2</c>.</summary>
    public string Name => $"single-{module + 1}";

    /// <inheritdoc/>
    public BackboneStart Start { get; }

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => new UniformComposition().ScaleRate(options, factor);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are too few modules.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (module >= modules.Count) throw new ArgumentException($"Method '{Name}' needs module {module + 1}; there are only {modules.Count}.", nameof(modules));
        return new Tuning(Composition.AttachUniform(model, [modules[module]]));
    }

    sealed class Tuning(Composition composition) : ITuning
    {
        public TrainableGroup? Body => null;

        public object? Describe() => new { module = composition.AdapterNames[0] };

        public IDisposable? FixForEvaluation() => null;

        public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

        public CompositionWeights ToWeights() => composition.ToWeights();

        public void Dispose() => composition.Dispose();
    }
}
