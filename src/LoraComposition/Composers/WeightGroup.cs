using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Layers of one composition whose weights are computed together in a pass through the model: one softmax over <c>[vectors, N]</c> and one copy of it over the
/// ranks for all of them, of which each layer takes its row.
/// </summary>
/// <remarks>Immutable; does not own the layers.</remarks>
internal sealed class WeightGroup
{
    readonly IReadOnlyList<VectorComposer> layers;
    readonly VectorComposer[] owners;              // of the vectors, each once
    readonly Dictionary<VectorComposer, int> rowOf;

    WeightGroup(IReadOnlyList<VectorComposer> layers)
    {
        this.layers = layers;
        owners = [.. layers.Select(layer => layer.Owner).Distinct()];
        var places = owners.Index().ToDictionary(owner => owner.Item, owner => owner.Index);
        rowOf = layers.ToDictionary(layer => layer, layer => places[layer.Owner]);
    }

    /// <summary>Lets layers that are alike know each other.</summary>
    /// <param name="layers">The layers of a composition, in the order of the forward pass.</param>
    public static void Link(IEnumerable<VectorComposer> layers)
    {
        List<List<VectorComposer>> alike = [];
        foreach (var layer in layers)
            if (alike.Find(members => members[0].GetType() == layer.GetType() && members[0].Stack.IsOwnedAs(layer.Stack)) is { } members) members.Add(layer);
            else alike.Add([layer]);
        foreach (var members in alike.Where(members => members.Count > 1))
        {
            var group = new WeightGroup(members);
            foreach (var layer in members) layer.Group = group;
        }
    }

    /// <summary>The spread weights of all vectors.</summary>
    /// <returns>Null where the layers lie on several devices or are of several types.</returns>
    SpreadRows? Compute()
    {
        var first = layers[0].Stack.A;
        foreach (var layer in layers)
        {
            if (!layer.Stack.A.IsKindOf(first) || !layer.Vector.IsBeside(first)) return null;
        }
        using var scope = NewDisposeScope();
        var spread = layers[0].Stack.Spread(layers[0].WeightsOf(stack(owners.Select(owner => (Tensor)owner.Vector))));   // [vectors, N] → [vectors, R]
        return new SpreadRows(this, spread.DetachFromDisposeScope());
    }

    /// <summary>What one pass computed.</summary>
    sealed class SpreadRows(WeightGroup group, Tensor spread) : IDisposable
    {
        readonly Dictionary<long, Tensor[]> blocks = [];

        /// <summary>Whether it was computed with a graph.</summary>
        public bool HasGraph { get; } = is_grad_enabled();

        public Tensor Of(VectorComposer layer) => Blocks(1)[group.rowOf[layer]].view(-1);   // [R]

        public Tensor Of(IReadOnlyList<VectorComposer> members)
        {
            int count = members.Count, first = group.rowOf[members[0]];
            if (members.All(member => group.rowOf[member] == first)) return Blocks(1)[first].expand(count, -1);
            // Views of equal blocks of rows cost nothing, and their gradients come back by one operation.
            bool isBlock = group.owners.Length % count == 0 && first % count == 0 && members.Index().All(member => group.rowOf[member.Item] == first + member.Index);
            return isBlock ? Blocks(count)[first / count].alias() : cat([.. members.Select(member => Blocks(1)[group.rowOf[member]])], 0);
        }

        // [vectors, R] → vectors / rows of [rows, R]
        Tensor[] Blocks(long rows)
        {
            if (blocks.TryGetValue(rows, out var known)) return known;
            using var scope = NewDisposeScope();
            using var parts = spread.view(-1, rows, spread.shape[1]);
            return blocks[rows] = [.. parts.unbind(0).Select(part => part.DetachFromDisposeScope())];
        }

        public void Dispose()
        {
            foreach (var part in blocks.Values.SelectMany(parts => parts)) part.Dispose();
            spread.Dispose();
        }
    }

    /// <summary>
    /// One pass through a model. While it lives the weights do not change, so that those of a group are computed when the first of its layers asks. It serves
    /// one thread; within another pass it is that one.
    /// </summary>
    internal sealed class ModelPass : IDisposable
    {
        [ThreadStatic] static ModelPass? current;

        readonly Dictionary<WeightGroup, SpreadRows?> computed = [];

        ModelPass()
        {
        }

        /// <summary>Begins.</summary>
        /// <returns>The caller owns it; null within another pass.</returns>
        public static ModelPass? Begin() => current is null ? current = new ModelPass() : null;

        /// <summary>A layer's spread weights <c>[R]</c>; null where they are not computed with others.</summary>
        public static Tensor? Spread(VectorComposer layer) => RowsFor(layer)?.Of(layer);

        /// <summary>Several layers' spread weights <c>[layers, R]</c>; null where they are not computed together.</summary>
        public static Tensor? Spread(IReadOnlyList<VectorComposer> layers) =>
            layers.All(layer => layer.Group == layers[0].Group) ? RowsFor(layers[0])?.Of(layers) : null;

        static SpreadRows? RowsFor(VectorComposer layer)
        {
            if (current is not { } pass || layer.Group is not { } group) return null;
            if (!pass.computed.TryGetValue(group, out var rows)) pass.computed.Add(group, rows = group.Compute());
            return rows?.HasGraph == is_grad_enabled() ? rows : null;
        }

        public void Dispose()
        {
            current = null;
            foreach (var rows in computed.Values) rows?.Dispose();
        }
    }
}
