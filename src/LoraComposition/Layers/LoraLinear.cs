using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// A frozen linear layer and one trainable low-rank update (arXiv:2106.09685; section 3 of arXiv:2402.15414):
/// <c>y = x·W₀ᵀ + b + s·dropout(x)·Aᵀ·Bᵀ</c> with A <c>[rank, in]</c>, B <c>[out, rank]</c>.
/// </summary>
/// <remarks>
/// A starts Kaiming-uniform, B at zero, so that the first output equals the base layer's. Owns the base layer. Forward passes in several threads are
/// safe in evaluation.
/// </remarks>
public sealed class LoraLinear : AdaptedLinear
{
    readonly LoraUpdate update;

    /// <summary>Puts a fresh update on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="options">Rank, alpha, dropout.</param>
    /// <param name="generator">The source of A's random start; the global one where not given.</param>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    public LoraLinear(Linear baseLayer, LoraOptions options, Generator? generator)
        : this(baseLayer, () => LoraUpdate.Fresh(baseLayer, options ?? throw new ArgumentNullException(nameof(options)), generator))
    {
    }

    /// <summary>Continues a trained update.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="start">Where the update starts; copied.</param>
    /// <param name="dropout">The probability with which an input of the update is dropped in training, in [0, 1).</param>
    /// <exception cref="ArgumentException">The update's shape is not the layer's, or the dropout lies outside its range.</exception>
    public LoraLinear(Linear baseLayer, LoraDelta start, double dropout)
        : this(baseLayer, () => new LoraUpdate(baseLayer, start ?? throw new ArgumentNullException(nameof(start)), dropout))
    {
    }

    // The base class checks and freezes the base layer before the update is made for it.
    LoraLinear(Linear baseLayer, Func<LoraUpdate> make) : base(nameof(LoraLinear), baseLayer)
    {
        update = make();
        RegisterComponents();
    }

    /// <summary>The factor s in front of the update.</summary>
    public double Scaling => update.Scaling;

    /// <summary>The rank r of the update.</summary>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public long Rank => Alive(update).A.shape[0];

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> TrainableParameters => [Alive(update).A, update.B];

    /// <summary>Applies the layer.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, out]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public override Tensor forward(Tensor input)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        return base_layer.call(input).Plus(update.call(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LoraDelta ToDelta()
    {
        ThrowIfDisposed();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new LoraDelta(update.A.detach().clone(), update.B.detach().mul(Scaling), 1);
    }

    /// <summary>The present update in the form in which it is trained: A, B and the scaling apart.</summary>
    /// <returns>Copies, detached from the graph. The caller owns them.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public LoraDelta ToTrainedDelta()
    {
        ThrowIfDisposed();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new LoraDelta(update.A.detach().clone(), update.B.detach().clone(), Scaling);
    }
}
