namespace LoraComposition.Tool;

/// <summary>Whether adapters fit a base and each other.</summary>
sealed record CheckReport
{
    public required string Base { get; init; }
    public required IReadOnlyList<AdapterCheck> Adapters { get; init; }

    /// <summary>Every pair of adapters that fit.</summary>
    public required IReadOnlyList<PairSimilarity> Pairs { get; init; }

    /// <summary>What concerns several adapters together.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public bool AllFit => Adapters.All(adapter => adapter.Fits);
}

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

/// <summary>How alike two adapters are.</summary>
/// <param name="First">The name of the one.</param>
/// <param name="Second">The name of the other.</param>
/// <param name="Cosine">The cosine of the angle between all their updates.</param>
/// <param name="Layers">The same for each layer of the base.</param>
sealed record PairSimilarity(string First, string Second, double Cosine, IReadOnlyDictionary<string, double> Layers);
