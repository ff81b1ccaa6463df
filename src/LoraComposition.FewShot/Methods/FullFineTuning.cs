using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Every weight trains.</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class FullFineTuning : ITuningMethod
{
    // A classifier's head trains at a rate of its own. Models that write text have none of this name.
    const string Head = "classifier.";

    /// <inheritdoc/>
    public string Name => "full";

    /// <inheritdoc/>
    public BackboneStart Start => BackboneStart.BaseModel;

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
        return new BodyTuning(new TrainableGroup([.. model.named_parameters().Where(p => !p.name.StartsWith(Head, StringComparison.Ordinal)).Select(p => p.parameter)], options.FullLearningRate, options.WeightDecay));
    }
}
