using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// Arrow (arXiv:2405.11157): each token is given to the modules that have most to say about it. Module n's prototype pₙ is the first right singular vector of
/// its <c>ΔWₙ</c>, the input direction to which it answers most; the weights are a softmax of <c>|pₙᵀx|</c> over the k largest, the others are exactly 0.
/// Nothing to train.
/// </summary>
/// <remarks>
/// A module that leaves the layer alone, or whose update of it is zero, has no prototype and is never taken while another has one; k then counts the others.
/// Where none has one, all score 0. Prototypes are found in float64, and kept in float32 also over a 16-bit base layer, as the scores are.
/// </remarks>
public sealed class ArrowComposer : RoutedComposer
{
    readonly Tensor prototypes;

    // What is added to the scores: −∞ where a module has no prototype, else 0. A softmax makes exactly 0 of it.
    readonly Tensor handicap;

    readonly ArrowOptions options;

    /// <summary>Puts routed updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <param name="options">How many modules a token is given, and the softmax's temperature; defaults where not given.</param>
    /// <exception cref="ArgumentException">There is no update, one has another shape than the layer or is not finite, or an option lies outside its
    /// range.</exception>
    public ArrowComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, ArrowOptions? options = null) : base(nameof(ArrowComposer), baseLayer, modules)
    {
        this.options = options ?? new ArrowOptions();
        this.options.Validate();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var weight = baseLayer.weight!;
        var type = weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var found = modules.Select(Prototype).ToArray();
        bool any = found.Any(vector => vector is not null);
        var none = zeros(baseLayer.in_features, dtype: ScalarType.Float64);
        prototypes = torch.stack([.. found.Select(vector => vector ?? none)], 0).to(type, weight.device).DetachFromDisposeScope();
        handicap = tensor(found.Select(vector => vector is null && any ? double.NegativeInfinity : 0).ToArray()).to(type, weight.device).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The modules' prototypes, <c>[N, in]</c>, each of length 1, or zero where a module has none. Owned by this module.</summary>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public Tensor Prototypes => Alive(prototypes);

    /// <summary>The weight of each module for each token.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, N]</c>: at most k are not 0, and they sum to 1. In the type of the prototypes. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public override Tensor Route(Tensor input)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        using Scalar temperature = options.Temperature;
        var x = input.dtype == prototypes.dtype ? input : input.to(prototypes.dtype);
        var scores = functional.linear(x, prototypes).abs().Plus(handicap);                    // [tokens, N]
        var (largest, taken) = scores.topk(Math.Min(options.TopK, ModuleCount), -1);           // [tokens, k]
        return zeros_like(scores).scatter(-1, taken, largest.div(temperature).softmax(-1)).MoveToOuterDisposeScope();
    }

    static Tensor? Prototype(LoraDelta? module, int index)
    {
        try
        {
            return module is null ? null : TruncatedSvd.FirstRightVector(module);
        }
        catch (ArgumentException e)
        {
            string which = module?.Place is { } place ? $"Adapter '{place.Adapter}', layer '{place.Layer}'" : $"Module {index}";
            throw new ArgumentException($"{which}: {e.Message}", e);
        }
    }
}
