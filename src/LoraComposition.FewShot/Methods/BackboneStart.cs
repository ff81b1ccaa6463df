using LoraComposition.Experiments;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>What the backbone computes before anything but the head has been trained. Methods with equal starts share the features of the warm-up.</summary>
public abstract record BackboneStart
{
    private protected BackboneStart()
    {
    }

    /// <summary>The base model as it is.</summary>
    public static BackboneStart BaseModel { get; } = new BaseModelStart();

    /// <summary>The base model with the uniform composition of the modules.</summary>
    public static BackboneStart UniformComposition { get; } = new UniformStart();

    /// <summary>Makes a fresh copy of the base model compute this. The caller disposes what was attached; null where it is nothing.</summary>
    internal abstract Composition? Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules);
}

/// <summary>The base model as it is.</summary>
sealed record BaseModelStart : BackboneStart
{
    internal override Composition? Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => null;
}

/// <summary>All modules at the same weight.</summary>
sealed record UniformStart : BackboneStart
{
    internal override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachUniform(model, modules);
}

/// <summary>One module alone.</summary>
/// <param name="Module">Its position, from 0.</param>
sealed record SingleModuleStart(int Module) : BackboneStart
{
    internal override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachUniform(model, [modules[Module]]);
}

/// <summary>A random module in the place of each, all at the same weight.</summary>
sealed record RandomModulesStart : BackboneStart
{
    internal override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules)
    {
        using var random = MatchedModules.Draw(modules);
        return Composition.AttachUniform(model, random.Modules);
    }
}
