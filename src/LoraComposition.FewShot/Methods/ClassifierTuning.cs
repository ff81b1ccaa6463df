using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Only the head trains, over the features of the base model (linear probing).</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class ClassifierTuning : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "classifier";

    /// <inheritdoc/>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => false;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ScaleHeadRates(options, factor);

    /// <summary>What a search changes of every method that trains the head alone.</summary>
    internal static TuningOptions ScaleHeadRates(TuningOptions options, double factor) =>
        options with { HeadWarmUpLearningRate = factor * options.HeadWarmUpLearningRate, HeadLearningRate = factor * options.HeadLearningRate };

    /// <inheritdoc/>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        return new ParameterTuning(null);
    }
}

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

/// <summary>Whether a task has a head of its own, which trains with every method and goes into the adapter.</summary>
static class TaskHead
{
    public static bool HasHead(this IAdaptableModel model) => model is IClassifierModel { Classifier: not null };
}
