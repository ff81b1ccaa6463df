using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Updates with given weights: <c>W = W₀ + Σ wₙ·ΔWₙ</c>, any real numbers. Nothing to train.</summary>
/// <remarks>
/// The weights are kept in float64. The layer's weight is merged at the first forward pass and kept, so that the layer then costs what the base layer costs.
/// </remarks>
public sealed class WeightedComposer : LoraComposer
{
    readonly double[] weights;

    /// <summary>Puts weighted updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="weights">One number per module; they need not sum to one, and a negative one takes its module's update away.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or the weights are not N numbers that are finite in
    /// float32.</exception>
    public WeightedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double> weights) : base(nameof(WeightedComposer), baseLayer, modules)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count != ModuleCount) throw new ArgumentException($"Expected {ModuleCount} weights, one per module, found {weights.Count}.");
        if (weights.FirstOrDefault(weight => !FiniteNumbers.IsWeight(weight)) is var bad and not 0)
            throw new ArgumentException($"Expected weights that are finite in float32, found {bad}.");
        this.weights = [.. weights];
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override bool WeightsAreConstant => true;

    /// <inheritdoc/>
    public override Tensor Weights() => tensor(weights, dtype: ScalarType.Float64, device: base_layer.weight!.device);
}
