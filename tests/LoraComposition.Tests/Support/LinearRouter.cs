using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Support;

/// <summary>A routed composer as a user would write one: a trained linear router with a softmax.</summary>
sealed class LinearRouter : RoutedComposer
{
    readonly Parameter gate;

    public LinearRouter(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, int seed = 7) : base(nameof(LinearRouter), baseLayer, modules)
    {
        gate = new Parameter(SmallLayers.Input(seed, baseLayer.weight!.dtype, modules.Count, baseLayer.in_features));
        gate.DetachFromDisposeScope();
        RegisterComponents();
    }

    public Parameter Gate => gate;

    public override IReadOnlyList<Parameter> TrainableParameters => [gate];

    public override Tensor Route(Tensor input) => functional.linear(input, gate).softmax(-1);
}
