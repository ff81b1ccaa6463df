using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// While it lives, learned compositions among some layers that get one input, as query, key and value do, are evaluated together in training: the first that is
/// called computes the outputs of all, the others hand theirs out. On a GPU it is the number of operations that decides a step's time, and so it is a third. On a
/// CPU that holds for small layers only: with ViT-B/32's width and 1,600 tokens it made a step 4 % slower, as the outputs then lie apart in memory.
/// </summary>
/// <remarks>
/// Layers are called one by one as ever, so hooks see their calls, and one that puts another input in place gets a product of its own. It serves one thread. Where
/// something stands against it (other shapes or ranks, 16 bits, an order that was asked for, weights that are fixed), each layer computes for itself.
/// </remarks>
internal readonly struct SharedInput : IDisposable
{
    // Multiplications of one layer. About as long a processor takes to start the operations that are saved.
    const double MostOnCpu = 1 << 22;

    [ThreadStatic] static Evaluation? current;

    readonly Evaluation? before;

    SharedInput(Evaluation? before) => this.before = before;

    /// <summary>Begins.</summary>
    /// <param name="input">What all of them will be called with, <c>[…, in]</c>.</param>
    /// <param name="layers">The layers, composed or not.</param>
    public static SharedInput Of(Tensor input, params ReadOnlySpan<Module<Tensor, Tensor>> layers)
    {
        var shared = new SharedInput(current);
        current = null;
        if (!is_grad_enabled()) return shared;
        List<VectorComposer> members = [];
        foreach (var layer in layers)
            if (layer is VectorComposer { IsDisposed: false } composer) members.Add(composer);
        if (members.Count > 1 && IsWorthWhile(input, members[0]) && members.TrueForAll(members[0].CanShareWith)
            && members[0].WorkOn(input).Cheapest(training: true) is var order and not EvaluationOrder.Stacked) current = new Evaluation(input, members, order);
        return shared;
    }

    static bool IsWorthWhile(Tensor input, VectorComposer layer) =>
        input.device_type != DeviceType.CPU || (double)input.numel() * layer.Frozen.weight!.shape[0] <= MostOnCpu;

    /// <summary>A layer's output, where it is evaluated with others.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">What it is called with.</param>
    /// <returns><c>[…, out]</c>, in the dispose scope of now; null where it is evaluated alone.</returns>
    public static Tensor? Output(VectorComposer layer, Tensor input) =>
        current is { } evaluation && ReferenceEquals(evaluation.Input, input) ? evaluation.Output(layer) : null;

    public void Dispose()
    {
        current?.Dispose();
        current = before;
    }

    sealed class Evaluation(Tensor input, List<VectorComposer> members, EvaluationOrder order) : IDisposable
    {
        Tensor[]? outputs;

        public Tensor Input => input;

        public Tensor? Output(VectorComposer layer)
        {
            int place = members.IndexOf(layer);
            if (place < 0) return null;
            // They outlive the scope of the layer that is called first.
            outputs ??= [.. PackedLayers.For(members).Apply(input, order).Select(output => output.DetachFromDisposeScope())];
            return outputs[place].alias();
        }

        public void Dispose()
        {
            foreach (var output in outputs ?? []) output.Dispose();
        }
    }
}

/// <summary>The factors of several layers of one shape in one tensor each, and their products as one.</summary>
/// <remarks>Kept by the first of the layers, whose stacks look into it, so that the factors are there once.</remarks>
internal sealed class PackedLayers : IDisposable
{
    readonly IReadOnlyList<VectorComposer> layers;
    readonly Tensor a;    // [S, R, in]
    readonly Tensor b;    // [S, out, R]
    readonly (Tensor A, Tensor B)[] parts;
    readonly KeptMemory kept;
    Tensor[] replaced;    // what the layers read before; another thread may still be at it

    PackedLayers(IReadOnlyList<VectorComposer> layers)
    {
        this.layers = [.. layers];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        a = stack(layers.Select(layer => layer.Stack.A)).DetachFromDisposeScope();
        b = stack(layers.Select(layer => layer.Stack.B)).DetachFromDisposeScope();
        // A backward pass is training, which has the layers for itself.
        kept = new KeptMemory(DisposeReplaced);
        replaced = [.. layers.SelectMany(layer => new[] { layer.Stack.A, layer.Stack.B })];
        parts = [.. layers.Select((layer, i) => layer.Stack.LookInto(a.select(0, i), b.select(0, i)))];
    }

    /// <summary>What the first layer keeps, made anew where it was moved or is called with others.</summary>
    public static PackedLayers For(IReadOnlyList<VectorComposer> layers)
    {
        if (layers[0].Packed is { } packed && packed.Fits(layers)) return packed;
        layers[0].Packed?.Dispose();
        return layers[0].Packed = new PackedLayers(layers);
    }

    // Moving a module replaces its tensors.
    bool Fits(IReadOnlyList<VectorComposer> others) => layers.SequenceEqual(others, ReferenceEqualityComparer.Instance)
        && layers.Zip(parts).All(pair => ReferenceEquals(pair.First.Stack.A, pair.Second.A) && ReferenceEquals(pair.First.Stack.B, pair.Second.B));

    /// <summary>The layers' outputs.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <param name="order">One of the two materialised orders.</param>
    /// <returns><c>[…, out]</c> for each layer.</returns>
    public Tensor[] Apply(Tensor input, EvaluationOrder order)
    {
        var first = layers[0];
        long count = layers.Count, outFeatures = b.shape[1], inFeatures = a.shape[2];
        var spread = WeightGroup.ModelPass.Spread(layers) ?? first.Stack.Spread(first.WeightsOf(stack(layers.Select(layer => layer.VectorHere()))));    // [S, N] → [S, R]
        using var weight = kept.Take([count * outFeatures, inFeatures], first.Frozen.weight!);
        using (no_grad())
        {
            var (each, weighted) = (weight.view(count, outFeatures, inFeatures), b.mul(spread.unsqueeze(1)));
            foreach (var (i, layer) in layers.Index())
                each.select(0, i).copy_(layer.Frozen.weight!).addmm_(weighted.select(0, i), a.select(0, i), beta: 1, alpha: 1);
        }
        var bias = first.Frozen.bias is null ? null : cat([.. layers.Select(layer => layer.Frozen.bias!)], 0);
        return MaterialisedLinearFunction.Apply(input, weight, bias, spread, a, b, order, kept, first.Failure).chunk(count, -1);
    }

    public void Dispose()
    {
        kept.Clear();
        DisposeReplaced();
        a.Dispose();
        b.Dispose();
    }

    void DisposeReplaced()
    {
        foreach (var tensor in Interlocked.Exchange(ref replaced, [])) tensor.Dispose();
    }
}
