namespace LoraComposition.FewShot;

/// <summary>One class of a prediction.</summary>
/// <param name="Rank">1 for the most probable class.</param>
/// <param name="ClassName">The class.</param>
/// <param name="Probability">Its softmax probability. A model trained on few images is often surer than it should be.</param>
public sealed record ClassProbability(int Rank, string ClassName, double Probability);
