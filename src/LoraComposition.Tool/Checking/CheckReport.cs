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
