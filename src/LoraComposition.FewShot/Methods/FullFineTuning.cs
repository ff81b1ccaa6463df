using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Every weight trains.</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class FullFineTuning : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "full";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => false;

    /// <inheritdoc/>
    public bool KeepsBase => false;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { FullLearningRate = factor * options.FullLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = true;
        // A classifier's head trains at a rate of its own.
        var head = (model as IClassifierModel)?.Classifier?.parameters().ToHashSet(ReferenceEqualityComparer.Instance) ?? [];
        var trained = model.named_parameters().Select(p => p.parameter).Where(parameter => !head.Contains(parameter));
        return new ParameterTuning(new TrainableGroup([.. trained], options.FullLearningRate, options.WeightDecay));
    }
}
