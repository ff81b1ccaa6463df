namespace LoraComposition.Adapters;

/// <summary>Which layers of a model a setting means: all, those whose whole path matches a pattern, or those that end with one of some names.</summary>
internal sealed class ModuleSelector
{
    readonly PeftRegex? pattern;

    ModuleSelector(PeftRegex? pattern, IReadOnlyList<string> names) => (this.pattern, Names) = (pattern, names);

    /// <summary>Selects every layer.</summary>
    public static ModuleSelector All { get; } = new(null, []);

    /// <summary>The listed names; empty where the selector is no list.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Selects the layers whose whole path matches.</summary>
    public static ModuleSelector Matching(PeftRegex pattern) => new(pattern, []);

    /// <summary>Selects the layers with one of these paths, or a path that ends with a dot and one of them.</summary>
    /// <param name="names">At least one name.</param>
    public static ModuleSelector Named(IReadOnlyList<string> names) => new(null, names);

    /// <summary>Whether the layer is selected.</summary>
    public bool Selects(string layer)
    {
        if (pattern is not null) return pattern.IsMatch(layer);
        return Names.Count == 0 || Names.Any(name => IsNamed(layer, name));
    }

    /// <summary>Whether a listed name means the layer.</summary>
    public static bool IsNamed(string layer, string name) =>
        layer.EndsWith(name, StringComparison.Ordinal) && (layer.Length == name.Length || layer[layer.Length - name.Length - 1] == '.');
}
