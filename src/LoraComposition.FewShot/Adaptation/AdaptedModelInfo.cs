namespace LoraComposition.FewShot;

/// <summary>What <c>adapted.json</c> says of an adapted model.</summary>
public sealed record AdaptedModelInfo
{
    /// <summary>The version that this library writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The version of the folder's format.</summary>
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary>The method that made it.</summary>
    public required string Method { get; init; }

    /// <summary>Whether it has an adapter; without one the base's body stays as it is.</summary>
    public required bool HasAdapter { get; init; }

    /// <summary>The names of the classes, in the order of the head's rows.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The base.</summary>
    public required BaseReference Base { get; init; }

    /// <summary>Says what cannot be, null where everything can.</summary>
    internal string? Problem() =>
        FormatVersion != CurrentFormat ? $"expected format version {CurrentFormat}, found {FormatVersion}; it was written by another version of this library"
        : ClassNames.Count == 0 || ClassNames.Any(string.IsNullOrEmpty) ? "expected at least one class, each with a name"
        : ClassNames.Distinct(StringComparer.Ordinal).Count() != ClassNames.Count ? "a class is named twice"
        : Base.Sha256.Length != 64 || !Base.Sha256.All(char.IsAsciiHexDigitLower) ? "expected a SHA-256 of the base in lower-case hexadecimal"
        : string.IsNullOrWhiteSpace(Base.Folder) ? "the folder of the base is empty"
        : null;
}
