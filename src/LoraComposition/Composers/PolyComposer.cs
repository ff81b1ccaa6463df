using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// Poly (arXiv:2202.13914) and, with several heads, MHR (arXiv:2211.03831) on frozen modules: <c>W = W₀ + (Σ αₙ√sₙ·Bₙ)(Σ αₙ√sₙ·Aₙ)</c> with
/// <c>α = σ(z) / Σ σ(z)</c>, z learned. With h heads the inputs of A and the outputs of B are cut into h equal parts, each with an α of its own, the same for A
/// and for B. Only the selector z <c>[heads, N]</c> is learned; it starts at zero, which is the mean of the factors.
/// </summary>
/// <remarks>
/// A and B are mixed apart, so what it gives is no weighted sum of the updates: each B meets the A of every module. All modules must adapt the layer with one
/// rank, which is also that of an export. The modules' factors are copied; they and z are float32, or float64, also over 16-bit layers. z's start and the Gumbel
/// noise of the papers' multi-task training are left out: there is one task. Owns the base layer. Forward passes in several threads are safe in evaluation.
/// </remarks>
public sealed class PolyComposer : AdaptedLinear
{
    // Head by head: [heads, N, rank·in/heads] and [heads, N, out/heads·rank].
    readonly Tensor a;
    readonly Tensor b;
    readonly Parameter z;
    readonly long rank;

    /// <summary>Puts selected updates on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied.</param>
    /// <param name="heads">The parts that are selected for apart; they divide the layer's inputs and outputs. Default 1, which is Poly.</param>
    /// <exception cref="ArgumentException">There is no update, a module leaves the layer alone, one has another shape, another rank or a negative scaling, or the heads do not divide the
    /// layer.</exception>
    public PolyComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, int heads = 1) : base(nameof(PolyComposer), baseLayer)
    {
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        (long inFeatures, long outFeatures) = (baseLayer.in_features, baseLayer.out_features);
        var updates = Checked(modules, inFeatures, outFeatures);
        if (inFeatures % heads != 0 || outFeatures % heads != 0)
            throw new ArgumentException($"{At(updates[0])}{heads} heads do not divide a layer of {inFeatures} inputs and {outFeatures} outputs; take a number that divides both.");
        (Heads, rank) = (heads, updates[0].Rank);
        var weight = baseLayer.weight!;
        var type = weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        // [N, rank, heads, in/heads] → [heads, N, rank, in/heads]
        a = Stack(updates, delta => delta.A, type, weight.device).reshape(updates.Count, rank, heads, inFeatures / heads).permute(2, 0, 1, 3)
            .reshape(heads, updates.Count, rank * inFeatures / heads).contiguous().DetachFromDisposeScope();
        // [N, heads, out/heads, rank] → [heads, N, out/heads, rank]
        b = Stack(updates, delta => delta.B, type, weight.device).reshape(updates.Count, heads, outFeatures / heads, rank).permute(1, 0, 2, 3)
            .reshape(heads, updates.Count, outFeatures / heads * rank).contiguous().DetachFromDisposeScope();
        z = new Parameter(zeros(heads, updates.Count, dtype: type, device: weight.device));
        z.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The number of heads; 1 is Poly.</summary>
    public int Heads { get; }

    /// <summary>The number of modules N.</summary>
    public int ModuleCount => (int)Selector.shape[1];

    /// <summary>The selector's logits z, <c>[heads, N]</c>. Owned by this module.</summary>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public Parameter Selector => Alive(z);

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> TrainableParameters => [Selector];

    /// <summary>The weight α of each module's factors in each head, within the graph.</summary>
    /// <returns><c>[heads, N]</c>; each row sums to 1. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public Tensor Weights()
    {
        using var scope = NewDisposeScope();
        var selected = Selector.sigmoid();
        return selected.div(selected.sum(dim: 1, keepdim: true)).MoveToOuterDisposeScope();
    }

    /// <summary>Applies the layer.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, out]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public override Tensor forward(Tensor input)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        var (mixedA, mixedB) = Mix();
        var type = input.dtype;
        var update = functional.linear(functional.linear(input, In(mixedA, type)), In(mixedB, type));
        return base_layer.call(input).Plus(update).MoveToOuterDisposeScope();
    }

    /// <summary>The present update as one exact low-rank pair of the modules' rank, with scaling 1.</summary>
    /// <returns>Copies, detached from the graph. The caller owns them.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public override LoraDelta ToDelta()
    {
        ThrowIfDisposed();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (mixedA, mixedB) = Mix();
        return new LoraDelta(mixedA.contiguous(), mixedB.contiguous(), 1);
    }

    /// <summary>The mixed factors, A <c>[rank, in]</c> and B <c>[out, rank]</c>.</summary>
    (Tensor A, Tensor B) Mix()
    {
        var alpha = Weights().unsqueeze(1);   // [heads, 1, N]
        var mixedA = alpha.bmm(a).reshape(Heads, rank, -1).transpose(0, 1).reshape(rank, -1);
        var mixedB = alpha.bmm(b).reshape(-1, rank);
        return (mixedA, mixedB);
    }

    static Tensor Stack(List<LoraDelta> updates, Func<LoraDelta, Tensor> factor, ScalarType type, Device device) => stack([.. updates.Select(delta =>
    {
        // The scaling, half to A and half to B.
        using Scalar root = Math.Sqrt(delta.Scaling);
        return factor(delta).to(type, device).mul(root);
    })], 0);

    static List<LoraDelta> Checked(IReadOnlyList<LoraDelta?> modules, long inFeatures, long outFeatures)
    {
        if (modules.Count == 0) throw new ArgumentException("A composition needs at least one module.");
        var updates = new List<LoraDelta>(modules.Count);
        for (int n = 0; n < modules.Count; n++)
        {
            const string Why = "Poly and MHR mix the factors A and B apart, so every module must adapt the layer with one rank. Take learned weights of whole updates, or compress the modules to one rank";
            if (modules[n] is not { } delta) throw new ArgumentException($"{At(modules.OfType<LoraDelta>().FirstOrDefault())}Module {n} leaves the layer alone. {Why}.");
            if (delta.InFeatures != inFeatures || delta.OutFeatures != outFeatures)
                throw new ArgumentException($"{At(delta)}Module {n}: expected an update [{outFeatures}, {inFeatures}], found [{delta.OutFeatures}, {delta.InFeatures}].");
            if (n > 0 && delta.Rank != updates[0].Rank) throw new ArgumentException($"{At(delta)}Module {n} has rank {delta.Rank}, module 0 has rank {updates[0].Rank}. {Why}.");
            if (delta.Scaling < 0) throw new ArgumentException($"{At(delta)}Module {n} has the scaling {delta.Scaling}, whose root is taken; it must not be negative.");
            updates.Add(delta);
        }
        return updates;
    }

    static string At(LoraDelta? delta) => delta?.Place is { } place ? $"Layer '{place.Layer}' of adapter '{place.Adapter}': " : "";

    static Tensor In(Tensor factor, ScalarType type) => factor.dtype == type ? factor : factor.to(type);
}
