using LoraComposition.Adapters;
using LoraComposition.FewShot.Training;
using LoraComposition.Models.Vit;

namespace LoraComposition.FewShot.Methods;

/// <summary>Every weight trains.</summary>
public sealed class FullFineTuning : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "full";

    /// <inheritdoc/>
    public BackboneStart Start => BackboneStart.Foundation;

    /// <inheritdoc/>
    public bool NeedsModules => false;

    /// <inheritdoc/>
    public bool KeepsBase => false;

    /// <inheritdoc/>
    public ITuning Begin(VisionTransformer model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        foreach (var parameter in model.parameters()) parameter.requires_grad = true;
        return new BodyTuning(new TrainableGroup([.. model.named_parameters().Where(p => !p.name.StartsWith("classifier.", StringComparison.Ordinal)).Select(p => p.parameter)], options.FullLearningRate, options.WeightDecay));
    }
}
