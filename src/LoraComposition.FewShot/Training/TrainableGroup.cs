using TorchSharp.Modules;

namespace LoraComposition.FewShot;

/// <summary>Parameters that train with one learning rate.</summary>
/// <param name="Parameters">The parameters. Not owned.</param>
/// <param name="LearningRate">The highest learning rate of the schedule.</param>
/// <param name="WeightDecay">AdamW's weight decay.</param>
public sealed record TrainableGroup(IReadOnlyList<Parameter> Parameters, double LearningRate, double WeightDecay = 0);
