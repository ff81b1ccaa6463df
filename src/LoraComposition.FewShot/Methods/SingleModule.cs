using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>One of the modules as it is, without the others; the head trains over it.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class SingleModule : ITuningMethod
{
    readonly int module;

    /// <summary>Chooses the module.</summary>
    /// <param name="module">Its position, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    public SingleModule(int module)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(module);
        (this.module, Start) = (module, StartingPoint.SingleModule(module));
    }

    /// <summary>The module, counted from 1: <c>single-2</c>.</summary>
    public string Name => $"single-{module + 1}";

    /// <inheritdoc/>
    public StartingPoint Start { get; }

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (module >= modules.Count) throw new ArgumentException($"Method '{Name}' needs module {module + 1}; there are only {modules.Count}.", nameof(modules));
        return new CompositionTuning(Composition.AttachUniform(model, [modules[module]], model.HasHead()),
            findings: composition => new TuningFindings { Module = composition.AdapterNames[0] });
    }
}

/// <summary>
/// The one module that does best on the validation part, without the others; the head trains over it. What a composition must beat to be worth having.
/// </summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class BestSingleModule : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "best-single";

    /// <summary>The start of the only module, where there is one; else that of the chosen candidate.</summary>
    public StartingPoint Start { get; } = StartingPoint.SingleModule(0);

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Each of the modules alone.</summary>
    /// <param name="modules">The number of modules.</param>
    /// <param name="options">Passed over.</param>
    /// <returns>A method for each module, in their order.</returns>
    public IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options) => [.. Enumerable.Range(0, modules).Select(module => new SingleModule(module))];

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <summary>Begins with the only module, where there is one. Among several the validation part has to choose: train the <see cref="Candidates"/>.</summary>
    /// <param name="model">A fresh copy of the base model.</param>
    /// <param name="modules">The only module.</param>
    /// <param name="options">The settings.</param>
    /// <param name="seed">The seed of random starts.</param>
    /// <returns>What trains. The caller owns it; disposing it takes out what was attached.</returns>
    /// <exception cref="ArgumentException">There are several modules, or none.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (modules.Count != 1)
            throw new ArgumentException($"Method '{Name}' begins with one module, found {modules.Count}; train its candidates and keep the best on the validation part.", nameof(modules));
        return new SingleModule(0).Begin(model, modules, options, seed);
    }
}
