using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Updates with learned coefficients that are free: <c>W = W₀ + Σ vₙ·ΔWₙ</c> with one v <c>[N]</c> for this layer, or for several that share it. They may be
/// negative and need not sum to one. v starts at 1/N, which is the uniform composition.
/// </summary>
/// <remarks>v is float32, also over a 16-bit base layer. On few samples let it decay towards 1/N, or it fits their noise.</remarks>
public sealed class UnconstrainedComposer : VectorComposer
{
    /// <summary>Puts weighted updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="initial">Where v starts, N numbers; all 1/N where not given.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or the start is not N finite numbers.</exception>
    [SuppressMessage("ApiDesign", "RS0027", Justification = "The overloads differ in a parameter that must be given.")]
    public UnconstrainedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double>? initial = null)
        : base(nameof(UnconstrainedComposer), baseLayer, modules, initial, fallback: 1.0 / Math.Max(1, modules?.Count ?? 1))
    {
    }

    /// <summary>Puts weighted updates on a layer that shares its v with others.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="first">The layer whose v it is. Not owned; it must live as long as this one.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer, or v is for another number of modules.</exception>
    public UnconstrainedComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, UnconstrainedComposer first)
        : base(nameof(UnconstrainedComposer), baseLayer, modules, first)
    {
    }

    internal override Tensor WeightsOf(Tensor vectors) => vectors.alias();
}
