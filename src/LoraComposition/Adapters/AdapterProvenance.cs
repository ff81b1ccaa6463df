namespace LoraComposition;

/// <summary>How an adapter came about as a composition of others; kept in its weights file.</summary>
public sealed record AdapterProvenance
{
    /// <summary>The method that combined the sources, for example <c>uniform</c> or <c>learned</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The adapters that were combined, at least one, in the order in which they were given.</summary>
    public required IReadOnlyList<AdapterSource> Sources { get; init; }

    /// <summary>Checks every entry.</summary>
    /// <exception cref="ArgumentException">A name is blank, a fingerprint is not one, a weight is missing, given twice or not finite, or there is no source.</exception>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Method)) throw new ArgumentException("The provenance names no method.");
        if (Sources is not { Count: > 0 }) throw new ArgumentException("The provenance names no source.");
        foreach (var source in Sources) source.Validate();
    }

    /// <summary>The same with other layer paths. Where two become one, as only a foreign file has them, the first counts.</summary>
    internal AdapterProvenance Rename(Func<string, string> path) => this with
    {
        Sources = [.. Sources.Select(source => source with
        {
            LayerWeights = source.LayerWeights.Select(pair => KeyValuePair.Create(path(pair.Key), pair.Value)).DistinctBy(pair => pair.Key).ToDictionary(StringComparer.Ordinal),
        })],
    };
}
