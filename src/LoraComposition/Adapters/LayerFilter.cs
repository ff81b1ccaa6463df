namespace LoraComposition;

/// <summary>The setting <c>layers_to_transform</c>: only the blocks with some indices are adapted. <c>layers_pattern</c> says where in a path the index stands.</summary>
internal sealed class LayerFilter
{
    readonly IReadOnlyList<PeftRegex> patterns;

    /// <param name="indices">The indices of the adapted blocks, at least one.</param>
    /// <param name="patterns">Where the index stands, by <see cref="PeftRegex.Index(string, string, string)"/>; the first that matches counts.</param>
    public LayerFilter(IReadOnlyList<int> indices, IReadOnlyList<PeftRegex> patterns) => (Indices, this.patterns) = (indices, patterns);

    /// <summary>The indices of the adapted blocks.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>Whether the layer's block is one of them. A path without an index is none.</summary>
    public bool Selects(string layer) => IndexOf(layer) is { } index && Indices.Contains(index);

    /// <summary>The index of the block that a layer belongs to, or null where its path has none.</summary>
    public int? IndexOf(string layer)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.FirstGroup(layer) is { } group) return int.TryParse(group, out var index) ? index : null;
        }
        return null;
    }
}
