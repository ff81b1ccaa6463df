namespace LoraComposition;

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

    /// <summary>Whether a listed name means the layer.</summary>
    public static bool IsNamed(string layer, string name) =>
        layer.EndsWith(name, StringComparison.Ordinal) && (layer.Length == name.Length || layer[layer.Length - name.Length - 1] == '.');
}
