using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Updates weighted by a learned softmax (arXiv:2402.15414, section 4.2): <c>W = W₀ + Σ softmax(v)ₙ·ΔWₙ</c> with one v <c>[N]</c> for this layer.
/// v starts at zero, which is the uniform composition.
/// </summary>
/// <remarks>v is float32, also over a 16-bit base layer. With N = 1 the softmax is constantly 1 and v receives a zero gradient.</remarks>
public sealed class LearnedComposer : LoraComposer
{
    readonly Parameter v;

    /// <summary>Puts weighted updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="initial">Where v starts, N numbers; all zero where not given.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or the start is not N finite numbers.</exception>
    public LearnedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double>? initial = null)
        : base(nameof(LearnedComposer), baseLayer, modules)
    {
        if (initial is not null && initial.Count != ModuleCount)
            throw new ArgumentException($"Expected {ModuleCount} numbers to start v from, one per module, found {initial.Count}.");
        if (initial is not null && !initial.All(double.IsFinite)) throw new ArgumentException("v must start from finite numbers.");
        var weight = baseLayer.weight!;
        var type = weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var start = initial is null ? zeros(ModuleCount, dtype: type, device: weight.device) : tensor(initial.ToArray(), dtype: type, device: weight.device);
        v = new Parameter(start);
        v.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The vector v, <c>[N]</c>. Owned by this module.</summary>
    public Parameter Logits => v;

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> TrainableParameters => [v];

    /// <inheritdoc/>
    public override Tensor Weights() => v.softmax(0);
}
