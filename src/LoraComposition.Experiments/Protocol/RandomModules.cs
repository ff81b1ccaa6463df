using LoraComposition.FewShot;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Experiments;

/// <summary>
/// A control: a method that composes modules is given random ones, which match the trained ones in layers, ranks and the Frobenius norm of every layer's
/// update. What it
/// reaches, it reaches without what the upstream tasks taught.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class RandomModules : ITuningMethod
{
    readonly ITuningMethod method;

    /// <summary>Gives a method random modules, the same ones for every seed and K.</summary>
    /// <param name="method">The method: one that starts from the uniform composition.</param>
    /// <exception cref="ArgumentException">The method starts from something else.</exception>
    public RandomModules(ITuningMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method.Start != StartingPoint.UniformComposition)
            throw new ArgumentException($"Method '{method.Name}' does not start from the uniform composition of the modules.", nameof(method));
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

/// <summary>
/// Random modules that have the layers, the ranks and, in every layer, the Frobenius norm <c>‖ΔW‖_F</c> of trained ones, and nothing else of them. Owns its
/// modules.
/// </summary>
sealed class MatchedModules : IDisposable
{
    // Trained modules are the same for all seeds of an experiment; so are these.
    const ulong Seed = 0;

    MatchedModules(IReadOnlyList<LoraAdapter> modules) => Modules = modules;

    /// <summary>A module for each trained one, of the same name.</summary>
    public IReadOnlyList<LoraAdapter> Modules { get; }

    /// <summary>Draws them: the same ones for the same trained ones.</summary>
    public static MatchedModules Draw(IReadOnlyList<LoraAdapter> trained)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(Seed, CPU);
        return new MatchedModules([.. trained.Select(module => new LoraAdapter(module.Name,
            [.. module.Layers.Select(layer => KeyValuePair.Create(layer.Key, Draw(layer.Value, generator)))], module.BaseModel))]);
    }

    public void Dispose()
    {
        foreach (var module in Modules) module.Dispose();
    }

    static LoraDelta Draw(LoraDelta trained, Generator generator)
    {
        Tensor Normal(long rows, long columns) => randn(rows, columns, generator: generator).to(trained.A.dtype).to(trained.A.device);
        var drawn = new LoraDelta(Normal(trained.Rank, trained.InFeatures), Normal(trained.OutFeatures, trained.Rank), 1);
        // The scaling carries the norm: it is a float64, so that the norms agree to its precision.
        return new LoraDelta(drawn.A, drawn.B, DeltaGeometry.FrobeniusNorm(trained) / DeltaGeometry.FrobeniusNorm(drawn));
    }
}
