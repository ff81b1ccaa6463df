using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// A frozen linear layer and N frozen low-rank updates with a weight each (arXiv:2402.15414, section 4): <c>W = W₀ + Σ wₙΔWₙ</c>,
/// ΔWₙ with its own scaling. A subclass says what the weights are.
/// </summary>
/// <remarks>
/// The updates are copied, so the adapters they come from can be disposed. They may differ in rank and scaling. The forward pass has no loop over
/// modules; its order is chosen by counting multiplications. 16-bit base layers are always evaluated in the stacked order: adding a small update to a
/// rounded weight would lose it. Owns the base layer. Where the weights are constant, the merged weight of the first forward pass is kept: load a state
/// into the composer itself, or into the whole model before attaching, not into the whole model afterwards. Forward passes in several threads are safe,
/// the very first ones too, if <see cref="Weights"/> is; training, loading a state, moving, fixing weights and changing the order need the layer for
/// themselves. Where the backward pass through a layer fails, <c>backward()</c> throws, and the layer throws the cause when it is used next.
/// </remarks>
public abstract class LoraComposer : AdaptedLinear
{
    private protected readonly DeltaStack stack;
    readonly FixedWeight fixedWeight = new();
    readonly KeptMemory kept = new();
    readonly BackwardFailure failure = new();
    LoraUpdate? residual;

    /// <summary>Stacks the updates.</summary>
    /// <param name="name">The name of the module's type.</param>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <exception cref="ArgumentException">There is no update, or one has another shape than the layer.</exception>
    protected LoraComposer(string name, Linear baseLayer, IReadOnlyList<LoraDelta?> modules) : base(name, baseLayer)
    {
        ArgumentNullException.ThrowIfNull(modules);
        stack = new DeltaStack(modules, baseLayer.weight!);
        ModuleCount = modules.Count;
    }

    /// <summary>The number of modules N.</summary>
    public int ModuleCount { get; }

    /// <summary>The order of evaluation, where it shall not be chosen by counting. Default null.</summary>
    public EvaluationOrder? Order { get; set; }

    /// <summary>The parameters that training changes: those of the weights, then those of the residual LoRA. Owned by this module.</summary>
    public sealed override IReadOnlyList<Parameter> TrainableParameters => residual is null ? TrainedWeights : [.. TrainedWeights, residual.A, residual.B];

    /// <summary>The parameters that the weights are computed from; none where the weights are given. Default none. Owned by this module.</summary>
    protected virtual IReadOnlyList<Parameter> TrainedWeights => [];

    /// <summary>The parameters of the residual LoRA, A <c>[rank, in]</c> and B <c>[out, rank]</c>; none without it. Owned by this module.</summary>
    public IReadOnlyList<Parameter> ResidualParameters => residual is null ? [] : [residual.A, residual.B];

    /// <summary>The weight of each module, within the graph where it is learned.</summary>
    /// <returns><c>[N]</c>. The caller owns it.</returns>
    public abstract Tensor Weights();

    /// <summary>Whether the weights never change, so that the merged weight is computed once for good. Default false.</summary>
    protected virtual bool WeightsAreConstant => false;

    /// <summary>
    /// Adds a fresh LoRA that is trained on top of the composition: <c>W = W₀ + Σ wₙΔWₙ + s·B·A</c>. It starts as nothing, and goes into every export.
    /// </summary>
    /// <param name="options">Rank, alpha and dropout.</param>
    /// <param name="generator">The source of A's random start; the global one where not given.</param>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public void AddResidual(LoraOptions options, Generator? generator = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(options);
        if (residual is not null) throw new InvalidOperationException("The layer has a residual LoRA already.");
        fixedWeight.Clear();
        residual = LoraUpdate.Fresh(base_layer, options, generator);
        residual.train(training);
        register_module(nameof(residual), residual);
    }

    /// <summary>Applies the composed layer.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, out]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        ThrowIfDisposed();
        failure.ThrowKept();
        var frozen = base_layer.weight!;
        var form = fixedWeight.For(frozen) ?? (WeightsAreConstant && Order is null ? Fix(frozen, whole: false) : null);
        if (form is { Merged: true } && (residual is null || form.Whole)) return functional.linear(input, form.Value, base_layer.bias);

        using var scope = NewDisposeScope();
        var composed = form is null ? Composed(input, frozen) : form.Merged ? functional.linear(input, form.Value, base_layer.bias) : Stacked(input, form.Value);
        return (residual is null ? composed : composed.Plus(residual.call(input))).MoveToOuterDisposeScope();
    }

    Tensor Composed(Tensor input, Tensor frozen)
    {
        if (OutputTogether(input) is { } output) return output;
        var spread = Spread();
        bool training = is_grad_enabled() && spread.requires_grad;
        var order = Order ?? (frozen.dtype.ElementSize() > 2 ? WorkOn(input).Cheapest(training) : EvaluationOrder.Stacked);
        return order switch
        {
            EvaluationOrder.Stacked => Stacked(input, spread),
            _ when training => Materialised(input, spread, order),
            _ => functional.linear(input, stack.AddTo(frozen, spread), base_layer.bias),
        };
    }

    /// <inheritdoc/>
    public override (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true,
        IList<string>? skip = null)
    {
        fixedWeight.Clear();
        return base.load_state_dict(source, strict, skip);
    }

    /// <inheritdoc/>
    public sealed override LoraDelta ToDelta()
    {
        ThrowIfDisposed();
        failure.ThrowKept();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        // The product of a factor and its weights has more digits than 16 bits hold.
        var type = stack.A.dtype.ElementSize() > 2 ? stack.A.dtype : ScalarType.Float32;
        var (a, b) = (stack.A.to(type, copy: true), stack.B.to(type).mul(stack.Spread(Weights(), type)));   // [R, in], [out, R]
        if (residual is null) return new LoraDelta(a, b, 1);
        // The ranks add up: [R + r, in], [out, R + r].
        return new LoraDelta(cat([a, residual.A.to(type)], 0), cat([b, residual.B.to(type).mul(residual.Scaling)], 1), 1);
    }

    /// <summary>The first module whose part of an export is NaN or infinite, N for the residual LoRA; null where all is finite.</summary>
    internal int? NonFiniteModule(LoraDelta exported)
    {
        using var scope = NewDisposeScope();
        var broken = exported.B.isfinite().all(0).logical_and(exported.A.isfinite().all(1)).logical_not();   // [R]
        if (!broken.any().item<bool>()) return null;
        var first = broken.to(ScalarType.Int64).argmax();
        return first.item<long>() < stack.Rank ? stack.OwnerOf(first) : ModuleCount;
    }

    /// <summary>
    /// Computes the weights once and uses them until <see cref="ReleaseWeights"/>: merged, or spread over the ranks where the layer is not evaluated
    /// through a merged weight. In that time no gradient reaches the weights.
    /// </summary>
    internal void FixWeights()
    {
        failure.ThrowKept();
        // What is kept of constant weights lacks the residual.
        if (residual is not null) fixedWeight.Clear();
        Fix(base_layer.weight!, whole: true);
    }

    internal void ReleaseWeights() => fixedWeight.Clear();

    /// <summary>Throws, once, why a backward pass through this layer failed.</summary>
    internal void ThrowBackwardFailure() => failure.ThrowKept();

    /// <summary>Is told why a backward pass through this layer failed.</summary>
    internal BackwardFailure Failure => failure;

    /// <summary>The weights repeated over the ranks, <c>[R]</c>, in their graph.</summary>
    private protected virtual Tensor Spread() => stack.Spread(Weights());

    /// <summary>The output where the layer is evaluated together with others; null where it is evaluated alone. Default null.</summary>
    private protected virtual Tensor? OutputTogether(Tensor input) => null;

    /// <summary>The sizes of an evaluation.</summary>
    internal LayerWork WorkOn(Tensor input) => new(input.numel() / base_layer.weight!.shape[1], stack.Rank, base_layer.weight.shape[1], base_layer.weight.shape[0]);

    /// <summary>Whether the order is chosen by counting and the weights are computed in every pass.</summary>
    internal bool IsFree => Order is null && fixedWeight.For(base_layer.weight!) is null;

    /// <summary>Whether a LoRA is trained on top.</summary>
    internal bool HasResidual => residual is not null;

    FixedWeight.Form Fix(Tensor frozen, bool whole)
    {
        bool merged = frozen.dtype.ElementSize() > 2 || Order is not (null or EvaluationOrder.Stacked);
        return fixedWeight.ForOrMake(frozen, merged, whole && merged, () =>
        {
            // What is kept serves later passes too, also those with a graph.
            using var normal = inference_mode(false);
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var spread = stack.Spread(Weights());
            if (!merged) return spread.MoveToOuterDisposeScope();
            var weight = stack.AddTo(frozen, spread);
            if (whole && residual is not null)
                weight = addmm(weight, residual.B.to(frozen.dtype).mul(residual.Scaling), residual.A.to(frozen.dtype), beta: 1, alpha: 1);
            return weight.MoveToOuterDisposeScope();
        });
    }

    Tensor Stacked(Tensor input, Tensor spread) => base_layer.call(input).Plus(stack.Update(input, spread));

    Tensor Materialised(Tensor input, Tensor spread, EvaluationOrder order)
    {
        // The function keeps the memory until its backward pass; this handle to it is not needed longer.
        using var weight = kept.Take(base_layer.weight!.shape, base_layer.weight!);
        using (no_grad()) stack.AddTo(base_layer.weight!, spread, weight);
        return MaterialisedLinearFunction.Apply(input, weight, base_layer.bias, spread.unsqueeze(0), stack.A.unsqueeze(0), stack.B.unsqueeze(0), order, kept, failure);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            fixedWeight.Clear();
            kept.Clear();
        }
        base.Dispose(disposing);
    }
}
