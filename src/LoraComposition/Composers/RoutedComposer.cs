using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// A frozen linear layer and N frozen low-rank updates whose weights depend on the input: <c>y = W₀x + b + Σ wₙ(x)·ΔWₙx</c>, each token with weights of its
/// own. A subclass says what the weights are. The sibling of <see cref="LoraComposer"/>, whose weights are the same for every input.
/// </summary>
/// <remarks>
/// The updates are copied, so the adapters they come from can be disposed. They may differ in rank and scaling. The forward pass has no loop over modules.
/// There is no one weight that computes the same, so such a layer can be neither merged nor exported. Owns the base layer. Forward passes in several threads
/// are safe in evaluation, the very first ones too, if <see cref="Route"/> is; training, loading a state and moving need the layer for themselves.
/// </remarks>
public abstract class RoutedComposer : AdaptedLinear
{
    private protected readonly DeltaStack stack;

    /// <summary>Stacks the updates.</summary>
    /// <param name="name">The name of the module's type.</param>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="modules">One update per module, copied; null where a module does not adapt this layer.</param>
    /// <exception cref="ArgumentException">There is no update, or one has another shape than the layer.</exception>
    protected RoutedComposer(string name, Linear baseLayer, IReadOnlyList<LoraDelta?> modules) : base(name, baseLayer)
    {
        ArgumentNullException.ThrowIfNull(modules);
        stack = new DeltaStack(modules, baseLayer.weight!);
        ModuleCount = modules.Count;
    }

    /// <summary>The number of modules N.</summary>
    public int ModuleCount { get; }

    /// <summary>The parameters that the weights are computed with. Default none. Owned by this module.</summary>
    public override IReadOnlyList<Parameter> TrainableParameters => [];

    /// <summary>The weight of each module for each token, within the graph where it is learned or the input needs a gradient.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns>
    /// <c>[…, N]</c>, of any floating-point type; a size of 1 in place of one of the input's stands for the whole of it, so that <c>[batch, 1, N]</c> gives
    /// all tokens of a text the same weights. The caller owns it.
    /// </returns>
    public abstract Tensor Route(Tensor input);

    /// <summary>Applies the composed layer.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, out]</c>. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">What <see cref="Route"/> gave has another shape than it must have.</exception>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        var weights = Route(input);
        CheckShape(weights.shape, input.shape);
        return base_layer.call(input).Plus(stack.Update(input, stack.Spread(weights))).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses: the update depends on the input.</summary>
    /// <returns>It never returns, so there is nothing that the caller owns.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public sealed override LoraDelta ToDelta()
    {
        ThrowIfDisposed();
        throw new NotSupportedException($"{Named} weighs its modules for each input, so no single update or weight computes the same: "
            + $"it can be neither merged nor exported. Use a composition with fixed weights for that, for example {nameof(Composition)}.{nameof(Composition.AttachWeighted)}.");
    }

    void CheckShape(long[] weights, long[] input)
    {
        bool fits = weights.Length == input.Length && weights[^1] == ModuleCount;
        for (int i = 0; fits && i < input.Length - 1; i++) fits = weights[i] == input[i] || weights[i] == 1;
        if (fits) return;
        throw new InvalidOperationException($"{Named}: {nameof(Route)} gave weights of shape [{string.Join(", ", weights)}] "
            + $"for an input of shape [{string.Join(", ", input)}]; expected [{string.Join(", ", input[..^1].Append(ModuleCount))}].");
    }
}
