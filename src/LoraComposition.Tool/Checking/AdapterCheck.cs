namespace LoraComposition.Tool;

/// <summary>Whether one adapter fits the base.</summary>
sealed record AdapterCheck
{
    public required string Name { get; init; }
    public required string Path { get; init; }

    /// <summary>The layers of the base that it changes, in the order of the forward pass.</summary>
    public required IReadOnlyList<string> Matched { get; init; }

    /// <summary>Why it cannot be used; empty where it can.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The smallest and the largest rank of its layers; null where it cannot be read.</summary>
    public IReadOnlyList<long>? Ranks { get; init; }

    /// <summary>The Frobenius norm of all its updates together; null where it cannot be read.</summary>
    public double? Norm { get; init; }

    public bool Fits => Refusals.Count == 0;
}
