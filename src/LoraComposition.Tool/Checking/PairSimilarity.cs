namespace LoraComposition.Tool;

/// <summary>How alike two adapters are.</summary>
/// <param name="First">The name of the one.</param>
/// <param name="Second">The name of the other.</param>
/// <param name="Cosine">The cosine of the angle between all their updates.</param>
/// <param name="Layers">The same for each layer of the base.</param>
sealed record PairSimilarity(string First, string Second, double Cosine, IReadOnlyDictionary<string, double> Layers);
