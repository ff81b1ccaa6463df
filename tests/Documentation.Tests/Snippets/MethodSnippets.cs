using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;

namespace Documentation.Tests.Snippets;

#region method
/// <summary>The modules with free weights, which start at their mean.</summary>
public sealed class UnconstrainedComposition : ITuningMethod
{
    public string Name => "unconstrained";

    public StartingPoint Start => StartingPoint.UniformComposition;

    public bool NeedsModules => true;

    public bool KeepsBase => true;

    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { ComposerLearningRate = factor * options.ComposerLearningRate };

    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        bool hasHead = model is IClassifierModel { Classifier: not null };
        var composition = Composition.Attach(model, modules, (site, layer, updates) => new UnconstrainedComposer(layer, updates), trainHead: hasHead);
        return new CompositionTuning(composition, options.ComposerLearningRate);
    }
}
#endregion

#region method-parameters
/// <summary>The biases of the base model, and nothing else but the head.</summary>
public sealed class BiasTuning : ITuningMethod
{
    public string Name => "bias";

    public StartingPoint Start => StartingPoint.BaseModel;

    public bool NeedsModules => false;

    public bool KeepsBase => false;   // so the result is a checkpoint, not an adapter

    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { FullLearningRate = factor * options.FullLearningRate };

    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        var head = (model as IClassifierModel)?.Classifier?.bias;   // the trainer trains it at a rate of its own
        foreach (var (name, parameter) in model.named_parameters()) parameter.requires_grad = name.EndsWith(".bias", StringComparison.Ordinal);
        var biases = model.named_parameters().Select(p => p.parameter).Where(p => p.requires_grad && !ReferenceEquals(p, head));
        return new ParameterTuning(new TrainableGroup([.. biases], options.FullLearningRate));
    }
}
#endregion
