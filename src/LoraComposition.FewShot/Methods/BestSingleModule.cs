using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The one module that does best on the validation part, without the others; the head trains over it. What a composition must beat to be worth having.</summary>
sealed class BestSingleModule : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "best-single";

    /// <summary>The start of the only module, where there is one; else that of the chosen candidate.</summary>
    public BackboneStart Start { get; } = new SingleModuleStart(0);

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Each of the modules alone.</summary>
    /// <param name="modules">The number of upstream modules.</param>
    /// <returns>A method for each module, in their order.</returns>
    public IReadOnlyList<ITuningMethod> Candidates(int modules) => [.. Enumerable.Range(0, modules).Select(module => new SingleModule(module))];

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => new UniformComposition().ScaleRate(options, factor);

    /// <summary>Begins with the only module, where there is one. Among several the validation part has to choose: train the <see cref="Candidates"/>.</summary>
    /// <param name="model">A fresh copy of the base model.</param>
    /// <param name="modules">The only module.</param>
    /// <param name="options">The settings.</param>
    /// <param name="seed">The seed of random starts.</param>
    /// <returns>What trains. Disposing it takes out what was attached.</returns>
    /// <exception cref="ArgumentException">There are several modules, or none.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (modules.Count != 1) throw new ArgumentException($"Method '{Name}' begins with one module, found {modules.Count}; train its candidates and keep the best on the validation part.", nameof(modules));
        return new SingleModule(0).Begin(model, modules, options, seed);
    }
}
