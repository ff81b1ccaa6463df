using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>A composer as a user would write one: any fixed weights.</summary>
sealed class FixedComposer : LoraComposer
{
    readonly double[] weights;

    public FixedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, double[] weights) : base(nameof(FixedComposer), baseLayer, modules)
    {
        this.weights = weights;
        RegisterComponents();
    }

    public override Tensor Weights() => tensor(weights, dtype: ScalarType.Float32);
}
