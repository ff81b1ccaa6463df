using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// The frozen updates of N modules on one layer, stacked once: A <c>[R, in]</c>, B <c>[out, R]</c> with each module's scaling folded in, R the sum
/// of the ranks. Then <c>Σ wₙΔWₙ = B·diag(w̃)·A</c>, w̃ <c>[R]</c> being the weights repeated over their ranks: mixed ranks and scalings need no loop.
/// </summary>
internal sealed class DeltaStack : Module
{
    Tensor a;
    Tensor b;
    readonly Tensor owner;
    readonly long[] owners;
    readonly long? each;    // the rank of every module, where all adapt the layer with one

    /// <param name="modules">One update per module; null where a module does not adapt this layer, which is an update of zero.</param>
    /// <param name="like">The frozen weight <c>[out, in]</c>, whose type and device the stack takes.</param>
    public DeltaStack(IReadOnlyList<LoraDelta?> modules, Tensor like) : base(nameof(DeltaStack))
    {
        if (modules.Count == 0) throw new ArgumentException("A composition needs at least one module.");
        long outFeatures = like.shape[0], inFeatures = like.shape[1];
        for (int n = 0; n < modules.Count; n++)
            if (modules[n] is { } m && (m.InFeatures != inFeatures || m.OutFeatures != outFeatures))
                throw new ArgumentException($"Module {n}: expected lora_A [*, {inFeatures}] and lora_B [{outFeatures}, *], found [{m.Rank}, {m.InFeatures}] and [{m.OutFeatures}, {m.Rank}].");
        var present = modules.OfType<LoraDelta>().ToArray();
        if (present.Length == 0) throw new ArgumentException("No module adapts this layer.");

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (present.Length == modules.Count && present.All(m => m.Rank == present[0].Rank)) each = present[0].Rank;
        owners = modules.SelectMany((m, n) => Enumerable.Repeat((long)n, (int)(m?.Rank ?? 0))).ToArray();
        a = cat(present.Select(m => m.A.to(like.device)).ToArray(), 0).to(like.dtype).DetachFromDisposeScope();
        b = cat(present.Select(m => m.B.to(like.device).mul(m.Scaling)).ToArray(), 1).to(like.dtype).DetachFromDisposeScope();
        owner = (like.device_type == DeviceType.META ? empty(owners.Length, dtype: ScalarType.Int64, device: META)
            : tensor(owners, device: like.device)).DetachFromDisposeScope();
        RegisterComponents();
    }

    public long Rank => a.shape[0];

    public Tensor A => a;

    public Tensor B => b;

    /// <summary>Whether another stack's factors have the shapes of these, and belong to the same modules rank by rank.</summary>
    public bool IsShapedAs(DeltaStack other) => a.shape.AsSpan().SequenceEqual(other.a.shape) && b.shape.AsSpan().SequenceEqual(other.b.shape)
        && IsOwnedAs(other);

    /// <summary>Whether the ranks belong to the same modules as another stack's, one by one.</summary>
    public bool IsOwnedAs(DeltaStack other) => owners.AsSpan().SequenceEqual(other.owners);

    /// <summary>Lets the factors be parts of larger tensors that hold the same numbers. What they were is left to those who still read it.</summary>
    /// <returns>The factors.</returns>
    public (Tensor A, Tensor B) LookInto(Tensor partA, Tensor partB)
    {
        ConditionallyRegisterBuffer(nameof(a), a = partA.DetachFromDisposeScope());
        ConditionallyRegisterBuffer(nameof(b), b = partB.DetachFromDisposeScope());
        return (a, b);
    }

    /// <summary>The module that a stacked rank belongs to.</summary>
    public int OwnerOf(Tensor rank) => (int)owner.index_select(0, rank.reshape(1)).item<long>();

    /// <summary>Repeats each module's weight over its ranks: <c>[…, N] → […, R]</c>.</summary>
    /// <param name="weights"><c>[N]</c>, or <c>[…, N]</c> where every token has its own.</param>
    /// <param name="type">The result's type; that of the factors where not given.</param>
    public Tensor Spread(Tensor weights, ScalarType? type = null)
    {
        // Of equal ranks [N] → [N, rank] → [R] is a copy, and a sum for the gradient; choosing by an index would need three operations for that.
        var spread = each is { } rank ? weights.unsqueeze(-1).expand([.. weights.shape, rank]).flatten(-2) : weights.index_select(-1, owner);
        var wanted = type ?? a.dtype;
        return spread.dtype == wanted ? spread : spread.to(wanted);
    }

    /// <summary>The weighted updates applied to an input: <c>((x·Aᵀ)∘w̃)·Bᵀ</c>, <c>[…, in] → […, out]</c>.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <param name="spread">The weight of each stacked rank, <c>[R]</c> or <c>[…, R]</c>.</param>
    public Tensor Update(Tensor input, Tensor spread) => functional.linear(functional.linear(input, a).mul(spread), b);

    /// <summary><c>W₀ + B·diag(w̃)·A</c>, <c>[out, in]</c>.</summary>
    public Tensor AddTo(Tensor weight, Tensor spread) => addmm(weight, b.mul(spread), a, beta: 1, alpha: 1);

    /// <summary>The same, written to memory of the weight's shape.</summary>
    public void AddTo(Tensor weight, Tensor spread, Tensor result) => result.copy_(weight).addmm_(b.mul(spread), a, beta: 1, alpha: 1);
}
