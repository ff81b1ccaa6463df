using System.Collections.Frozen;

namespace LoraComposition;

/// <summary>How an adapter came about as a composition of others; kept in its weights file.</summary>
public sealed record AdapterProvenance
{
    /// <summary>The method that combined the sources, for example <c>uniform</c> or <c>learned</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The settings of the method, by the names of the command line. Default none.</summary>
    public IReadOnlyDictionary<string, double> Settings { get; init; } = FrozenDictionary<string, double>.Empty;

    /// <summary>The adapters that were combined, at least one, in the order in which they were given.</summary>
    public required IReadOnlyList<AdapterSource> Sources { get; init; }

    /// <summary>Checks every entry.</summary>
    /// <exception cref="ArgumentException">A name is blank, a fingerprint is not one, a weight is missing, given twice or not finite, or there is no
    /// source.</exception>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Method)) throw new ArgumentException("The provenance names no method.");
        if (Settings.FirstOrDefault(pair => !double.IsFinite(pair.Value)) is { Key: { } setting })
            throw new ArgumentException($"The setting '{setting}' of the provenance is not a finite number.");
        if (Sources is not { Count: > 0 }) throw new ArgumentException("The provenance names no source.");
        foreach (var source in Sources) source.Validate();
    }

    /// <summary>The same with other layer paths. Where two become one, as only a foreign file has them, the first counts.</summary>
    internal AdapterProvenance Rename(Func<string, string> path) => this with
    {
        Sources = [.. Sources.Select(source => source with
        {
            LayerWeights = source.LayerWeights.Select(pair => KeyValuePair.Create(path(pair.Key), pair.Value)).DistinctBy(pair => pair.Key)
                .ToDictionary(StringComparer.Ordinal),
        })],
    };
}

/// <summary>One adapter that went into a composition.</summary>
public sealed record AdapterSource
{
    /// <summary>The adapter's name.</summary>
    public required string Name { get; init; }

    /// <summary>The SHA-256 of its weights file, 64 lower-case hexadecimal digits; null where it came from no file.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Its weight, where that is the same at every layer; null where <see cref="LayerWeights"/> tells it.</summary>
    public double? Weight { get; init; }

    /// <summary>Its weight by layer path; empty where <see cref="Weight"/> tells it.</summary>
    public IReadOnlyDictionary<string, double> LayerWeights { get; init; } = FrozenDictionary<string, double>.Empty;

    /// <summary>A source with the weights that it had at each layer: as one number where they are the same.</summary>
    internal static AdapterSource Of(string name, string? fingerprint, IReadOnlyList<KeyValuePair<string, double>> weights) =>
        weights.Select(layer => layer.Value).Distinct().ToArray() is [var same]
            ? new AdapterSource { Name = name, Fingerprint = fingerprint, Weight = same }
            : new AdapterSource { Name = name, Fingerprint = fingerprint, LayerWeights = weights.ToDictionary(StringComparer.Ordinal) };

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Name)) throw new ArgumentException("A source of the provenance has no name.");
        if (Fingerprint is not null && (Fingerprint.Length != 64 || Fingerprint.Any(c => !char.IsAsciiHexDigitLower(c))))
            throw new ArgumentException($"Source '{Name}': expected a fingerprint of 64 lower-case hexadecimal digits, found '{Fingerprint}'.");
        if (Weight is null == (LayerWeights.Count == 0)) throw new ArgumentException($"Source '{Name}': expected one weight or a weight for each layer.");
        if (!LayerWeights.Values.Append(Weight ?? 0).All(double.IsFinite)) throw new ArgumentException($"Source '{Name}' has a weight that is not a finite number.");
    }
}
