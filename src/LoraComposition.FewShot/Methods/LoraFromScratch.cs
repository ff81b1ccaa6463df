using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>A fresh LoRA trains, on query, key and value by default; it uses no module of another task.</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class LoraFromScratch : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "lora";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => false;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { LoraLearningRate = factor * options.LoraLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        var tuning = LoraTuning.Attach(model, options.Lora, seed, options.LoraRoles, trainHead: model.HasHead());
        return new ParameterTuning(new TrainableGroup(tuning.TrainableParameters(), options.LoraLearningRate, options.WeightDecay), tuning);
    }
}
