using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Updates whose weights are a function of one trained vector v <c>[N]</c>, which this layer has for itself or shares with others.</summary>
/// <remarks>v is float32, also over a 16-bit base layer. A shared v belongs to the first of its layers, which must live as long as the others.</remarks>
public abstract class VectorComposer : LoraComposer
{
    readonly Parameter? v;

    // In a list, because a module that stands in a field becomes a child.
    readonly VectorComposer[] owner;

    private protected VectorComposer(string name, Linear baseLayer, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double>? initial, double fallback)
        : base(name, baseLayer, modules)
    {
        if (initial is not null && initial.Count != ModuleCount)
            throw new ArgumentException($"Expected {ModuleCount} numbers to start v from, one per module, found {initial.Count}.");
        if (initial is not null && !initial.All(double.IsFinite)) throw new ArgumentException("v must start from finite numbers.");
        var weight = baseLayer.weight!;
        var type = weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        using Scalar same = fallback;
        var start = initial is null ? full(ModuleCount, same, dtype: type, device: weight.device) : tensor(initial.ToArray(), dtype: type, device: weight.device);
        v = new Parameter(start);
        v.DetachFromDisposeScope();
        owner = [this];
        RegisterComponents();
    }

    private protected VectorComposer(string name, Linear baseLayer, IReadOnlyList<LoraDelta?> modules, VectorComposer first) : base(name, baseLayer, modules)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.GetType() != GetType()) throw new ArgumentException($"A {name} shares v with layers of its own kind, found a {first.GetType().Name}.", nameof(first));
        if (first.ModuleCount != ModuleCount)
            throw new ArgumentException($"The shared v is for {first.ModuleCount} modules, found {ModuleCount}.", nameof(first));
        owner = [first.owner[0]];
        RegisterComponents();
    }

    /// <summary>The trained vector v, <c>[N]</c>. Owned by this layer, or by the first of those that share it.</summary>
    /// <exception cref="ObjectDisposedException">The layer that owns it was disposed.</exception>
    public Parameter Vector => owner[0].Alive(owner[0].v!);

    /// <summary>The layer whose vector this is.</summary>
    internal VectorComposer Owner => owner[0];

    /// <summary>The layers of its composition whose weights are computed together with this one's; null where there are none.</summary>
    internal WeightGroup? Group { get; set; }

    /// <summary>What this layer keeps for those that are evaluated with it; null where it is not the first of them. Owned by this layer.</summary>
    internal PackedLayers? Packed { get; set; }

    internal DeltaStack Stack => stack;

    internal Linear Frozen => base_layer;

    // A vector that is frozen among others that train has no part in their graph.
    private protected sealed override Tensor Spread() => WeightGroup.ModelPass.Spread(this) is not { } row ? base.Spread() : Vector.requires_grad ? row : row.detach();

    private protected sealed override Tensor? OutputTogether(Tensor input) => SharedInput.Output(this, input);

    /// <summary>Whether this layer and another have all in common that being evaluated together needs; but for the order, which depends on the input.</summary>
    internal bool CanShareWith(VectorComposer other) => other.GetType() == GetType() && other.ModuleCount == ModuleCount && IsFree && other.IsFree
        && Vector.requires_grad && other.Vector.requires_grad && other.base_layer.weight!.IsKindOf(base_layer.weight!) && base_layer.weight!.dtype.ElementSize() > 2
        && base_layer.bias is null == other.base_layer.bias is null && stack.IsShapedAs(other.stack);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Packed?.Dispose();
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected sealed override IReadOnlyList<Parameter> TrainedWeights => [Vector];

    /// <inheritdoc/>
    public sealed override Tensor Weights() => WeightsOf(VectorHere());

    /// <summary>The weights that a vector stands for, in its graph.</summary>
    /// <param name="vectors"><c>[N]</c>, or <c>[S, N]</c> of several layers.</param>
    /// <returns>The same shape; never the tensor itself.</returns>
    internal abstract Tensor WeightsOf(Tensor vectors);

    /// <summary>The vector where this layer computes.</summary>
    internal Tensor VectorHere()
    {
        var frozen = base_layer.weight!;
        // Layers of one model may lie on several devices.
        return Vector.IsBeside(frozen) ? Vector : Vector.to(frozen.device);
    }
}
