using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The mean of the modules' updates (arXiv:2402.15414, section 4.1): <c>W = W₀ + (1/N)·Σ ΔWₙ</c>. Nothing to train.</summary>
/// <remarks>The weight is merged at the first forward pass and kept, so that the layer then costs what the base layer costs.</remarks>
public sealed class UniformComposer : LoraComposer
{
    /// <summary>Puts the mean of the updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <exception cref="ArgumentException">There is no update, or one has another shape than the layer.</exception>
    public UniformComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules) : base(nameof(UniformComposer), baseLayer, modules) => RegisterComponents();

    /// <inheritdoc/>
    protected override bool WeightsAreConstant => true;

    /// <inheritdoc/>
    public override Tensor Weights()
    {
        using Scalar each = 1.0 / ModuleCount;
        return full(ModuleCount, each, dtype: ScalarType.Float64, device: base_layer.weight!.device);
    }
}
