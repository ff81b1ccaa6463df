using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Updates weighted by a learned softmax (arXiv:2402.15414, section 4.2): <c>W = W₀ + Σ softmax(v)ₙ·ΔWₙ</c> with one v <c>[N]</c> for this layer,
/// or for several that share it. v starts at zero, which is the uniform composition.
/// </summary>
/// <remarks>v is float32, also over a 16-bit base layer. With N = 1 the softmax is constantly 1 and v receives a zero gradient.</remarks>
public sealed class LearnedComposer : VectorComposer
{
    /// <summary>Puts weighted updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="initial">Where v starts, N numbers; all zero where not given.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or the start is not N finite numbers.</exception>
    [SuppressMessage("ApiDesign", "RS0027", Justification = "The overloads differ in a parameter that must be given.")]
    public LearnedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double>? initial = null)
        : base(nameof(LearnedComposer), baseLayer, modules, initial, fallback: 0)
    {
    }

    /// <summary>Puts weighted updates on a layer that shares its v with others.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="first">The layer whose v it is. Not owned; it must live as long as this one.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or v is for another number of modules.</exception>
    public LearnedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, LearnedComposer first)
        : base(nameof(LearnedComposer), baseLayer, modules, first)
    {
    }

    /// <summary>The vector v, <c>[N]</c>. Owned by this module, or by the first of those that share it.</summary>
    public Parameter Logits => Vector;

    internal override Tensor WeightsOf(Tensor vectors) => vectors.softmax(-1);
}
