using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The base model as it is; nothing trains.</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class ZeroShot : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "zero-shot";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => false;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options;

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        return new ParameterTuning(null);
    }
}
