namespace LoraComposition.FewShot;

/// <summary>What a model says of one picture.</summary>
/// <param name="Path">The file.</param>
/// <param name="Classes">The most probable classes, best first; empty where the picture was refused.</param>
/// <param name="Refusal">Why the picture was refused; null where it was not.</param>
public sealed record ImagePrediction(string Path, IReadOnlyList<ClassProbability> Classes, DataException? Refusal);

/// <summary>One class of a prediction.</summary>
/// <param name="Rank">1 for the most probable class.</param>
/// <param name="ClassName">The class.</param>
/// <param name="Probability">Its softmax probability. A model trained on few images is often surer than it should be.</param>
public sealed record ClassProbability(int Rank, string ClassName, double Probability);
