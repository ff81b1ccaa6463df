namespace LoraComposition.FewShot;

/// <summary>What a model says of one picture.</summary>
/// <param name="Path">The file.</param>
/// <param name="Classes">The most probable classes, best first; empty where the picture was refused.</param>
/// <param name="Refusal">Why the picture was refused; null where it was not.</param>
public sealed record ImagePrediction(string Path, IReadOnlyList<ClassProbability> Classes, DataException? Refusal);
