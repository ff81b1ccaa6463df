using LoraComposition.FewShot;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Experiments;

/// <summary>Random modules that have the layers, the ranks and, in every layer, the Frobenius norm <c>‖ΔW‖_F</c> of trained ones, and nothing else of them. Owns its modules.</summary>
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
        return new MatchedModules([.. trained.Select(module => new LoraAdapter(module.Name, [.. module.Layers.Select(layer => KeyValuePair.Create(layer.Key, Draw(layer.Value, generator)))], module.BaseModel))]);
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
