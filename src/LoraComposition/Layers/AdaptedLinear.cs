using System.Runtime.CompilerServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>A frozen linear layer with a low-rank update: <c>y = x·(W₀ + ΔW)ᵀ + b</c>. Takes the place of the layer in its model.</summary>
/// <remarks>
/// Owns the base layer until <see cref="ReleaseBase"/>. The base's weight and bias stay bit-identical; <c>train()</c> and <c>eval()</c>
/// change nothing but dropout. Forward passes in several threads are safe in evaluation; training, moving and merging need the layer for themselves.
/// </remarks>
public abstract class AdaptedLinear : Module<Tensor, Tensor>
{
    private protected readonly Linear base_layer;
    string? path;
    bool disposed;

    private protected AdaptedLinear(string name, Linear baseLayer) : base(name)
    {
        ArgumentNullException.ThrowIfNull(baseLayer);
        base_layer = baseLayer;
        foreach (var parameter in baseLayer.parameters()) parameter.requires_grad = false;
    }

    /// <summary>The frozen layer, weight <c>[out, in]</c>. Owned by this module.</summary>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public Linear BaseLayer => Alive(base_layer);

    /// <summary>The parameters that training changes. Empty where the update is fixed. Owned by this module.</summary>
    public abstract IReadOnlyList<Parameter> TrainableParameters { get; }

    /// <summary>The present update as one exact low-rank pair with scaling 1.</summary>
    /// <returns>Copies, detached from the graph. The caller owns them.</returns>
    /// <exception cref="NotSupportedException">The update depends on the input (<see cref="RoutedComposer"/>).</exception>
    public abstract LoraDelta ToDelta();

    /// <summary>The present weight of the whole layer.</summary>
    /// <returns><c>W₀ + ΔW</c>, <c>[out, in]</c>, detached from the graph, in the base layer's type. The caller owns it.</returns>
    /// <exception cref="NotSupportedException">The update depends on the input (<see cref="RoutedComposer"/>).</exception>
    public Tensor MergedWeight() => MergedWeight(base_layer.weight!.dtype);

    /// <summary>The present weight of the whole layer in a type. The caller owns it.</summary>
    internal Tensor MergedWeight(ScalarType dtype)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var delta = ToDelta();
        var weight = base_layer.weight!;
        // 16 bits are rounded once, when everything is added up.
        var type = weight.dtype.ElementSize() > 2 ? weight.dtype : ScalarType.Float32;
        var sum = addmm(weight.to(type), delta.B.to(type), delta.A.to(type), beta: 1, alpha: 1);
        return (type == dtype ? sum : sum.to(dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>A plain linear layer that computes the same as this one does now.</summary>
    /// <returns>A new layer with weight <c>W₀ + ΔW</c> and a copy of the bias. The caller owns it.</returns>
    /// <exception cref="NotSupportedException">The update depends on the input (<see cref="RoutedComposer"/>).</exception>
    public Linear ToMergedLinear()
    {
        var weight = MergedWeight();
        var merged = nn.Linear(base_layer.in_features, base_layer.out_features, base_layer.bias is not null, device: META);
        merged.weight = new Parameter(weight, requires_grad: false);
        if (base_layer.bias is { } bias) merged.bias = new Parameter(bias.detach().clone(), requires_grad: false);
        return merged;
    }

    /// <summary>Takes the base layer out, so that disposing this module leaves it alive.</summary>
    /// <returns>The base layer as it was given. The caller owns it; this module cannot be used any more.</returns>
    public Linear ReleaseBase()
    {
        Submodules(this).Remove(nameof(base_layer));
        return base_layer;
    }

    /// <summary>Whether the layer was disposed, with its model or alone.</summary>
    internal bool IsDisposed => disposed;

    /// <summary>Tells the layer where it stands, for messages.</summary>
    internal void StandAt(string path) => this.path = path;

    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    private protected void ThrowIfDisposed()
    {
        if (disposed) throw Gone();
    }

    ObjectDisposedException Gone() => new(Named);

    /// <summary>The layer's kind, and its place where it stands in a model, for messages.</summary>
    private protected string Named => path is null ? GetName() : $"{GetName()} '{path}'";

    private protected T Alive<T>(T part)
    {
        ThrowIfDisposed();
        return part;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        disposed = true;
        base.Dispose(disposing);
    }

    // TorchSharp has no way to take a child out of a module; a test pins the field.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_internal_submodules")]
    internal static extern ref TorchSharp.Utils.OrderedDict<string, Module> Submodules(Module module);
}
