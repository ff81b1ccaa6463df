using LoraComposition.FewShot.Training;

namespace LoraComposition.FewShot.Experiments;

/// <summary>What one run measured.</summary>
internal sealed record FewShotOutcome(ValidationScore Test, TrainingOutcome Training, long TrainableParameters, long HeadParameters, object? Description, IReadOnlyDictionary<string, double> Timings);
