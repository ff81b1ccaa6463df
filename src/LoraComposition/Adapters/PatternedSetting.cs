namespace LoraComposition;

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
