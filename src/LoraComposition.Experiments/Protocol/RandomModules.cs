using LoraComposition.FewShot;
using LoraComposition.Models;

namespace LoraComposition.Experiments;

/// <summary>
/// A control: a method that composes modules is given random ones, which match the trained ones in layers, ranks and the Frobenius norm of every layer's update. What it
/// reaches, it reaches without what the upstream tasks taught.
/// </summary>
public sealed class RandomModules : ITuningMethod
{
    readonly ITuningMethod method;

    /// <summary>Gives a method random modules, the same ones for every seed and K.</summary>
    /// <param name="method">The method: one that starts from the uniform composition.</param>
    /// <exception cref="ArgumentException">The method starts from something else.</exception>
    public RandomModules(ITuningMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method.Start != StartingPoint.UniformComposition) throw new ArgumentException($"Method '{method.Name}' does not start from the uniform composition of the modules.", nameof(method));
        this.method = method;
    }

    /// <summary>For example <c>random-learned</c>.</summary>
    public string Name => $"random-{method.Name}";

    /// <inheritdoc/>
    public StartingPoint Start { get; } = new RandomModulesStart();

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => method.KeepsBase;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => method.ScaleRate(options, factor);

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        using var random = MatchedModules.Draw(modules);
        return method.Begin(model, random.Modules, options, seed);
    }

    /// <summary>A random module in the place of each, all at the same weight.</summary>
    sealed record RandomModulesStart : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules)
        {
            using var random = MatchedModules.Draw(modules);
            return Composition.AttachUniform(model, random.Modules);
        }
    }
}
