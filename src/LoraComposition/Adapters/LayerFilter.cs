namespace LoraComposition;

/// <summary>
/// The setting <c>layers_to_transform</c>: only the blocks with some indices are adapted. <c>layers_pattern</c> says where in a path the index stands.
/// </summary>
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

/// <summary>Which layers of a model a setting means: all, those whose whole path matches a pattern, or those that end with one of some names.</summary>
internal sealed class ModuleSelector
{
    readonly PeftRegex? pattern;

    ModuleSelector(PeftRegex? pattern, IReadOnlyList<string> names, LayerFilter? blocks) => (this.pattern, Names, Blocks) = (pattern, names, blocks);

    /// <summary>Selects every layer.</summary>
    public static ModuleSelector All { get; } = new(null, [], null);

    /// <summary>The listed names; empty where the selector is no list.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The blocks to which the listed names are limited; null where they are not.</summary>
    public LayerFilter? Blocks { get; }

    /// <summary>Selects the layers whose whole path matches.</summary>
    public static ModuleSelector Matching(PeftRegex pattern) => new(pattern, [], null);

    /// <summary>Selects the layers with one of these paths, or a path that ends with a dot and one of them.</summary>
    /// <param name="names">At least one name.</param>
    /// <param name="blocks">Limits the latter to some blocks; as in PEFT, a layer whose whole path is listed is selected in any block.</param>
    public static ModuleSelector Named(IReadOnlyList<string> names, LayerFilter? blocks = null) => new(null, names, blocks);

    /// <summary>Whether the layer is selected.</summary>
    public bool Selects(string layer)
    {
        if (pattern is not null) return pattern.IsMatch(layer);
        if (Names.Count == 0 || Names.Contains(layer)) return true;
        return Names.Any(name => IsNamed(layer, name)) && Blocks?.Selects(layer) != false;
    }

    /// <summary>Whether the selection may be the reason why no layer of a name is there: it selects the name itself, or layers of that name.</summary>
    public bool Concerns(string name) => Selects(name) || Names.Any(listed => IsNamed(listed, name));

    /// <summary>Whether a listed name means the layer.</summary>
    public static bool IsNamed(string layer, string name) =>
        layer.EndsWith(name, StringComparison.Ordinal) && (layer.Length == name.Length || layer[layer.Length - name.Length - 1] == '.');
}

/// <summary>A setting with one value for all layers and others for some; the first pattern that matches counts.</summary>
internal sealed record PatternedSetting<T>(T Default, IReadOnlyList<(PeftRegex Layer, T Value)> Patterns)
{
    /// <summary>The value for one layer.</summary>
    /// <param name="layer">The layer's path without the file's prefix.</param>
    /// <exception cref="AdapterException">A pattern took too long.</exception>
    public T For(string layer)
    {
        foreach (var (pattern, value) in Patterns)
        {
            if (pattern.IsMatch(layer)) return value;
        }
        return Default;
    }
}
